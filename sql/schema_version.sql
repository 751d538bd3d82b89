-- What the migrations themselves need before the first one: run before each of them, changes
-- nothing when it is there.

CREATE SCHEMA IF NOT EXISTS ecommerce;

CREATE TABLE IF NOT EXISTS ecommerce.schema_version (
  version integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT schema_version_pkey PRIMARY KEY (version)
);

COMMENT ON TABLE ecommerce.schema_version IS 'Migrations applied to this database, one row each';
COMMENT ON COLUMN ecommerce.schema_version.version IS 'Number of the migration, from 1 without gaps';
COMMENT ON COLUMN ecommerce.schema_version.name IS 'File name of the migration without its number';
COMMENT ON COLUMN ecommerce.schema_version.checksum IS 'SHA-256 of the file as applied, in hexadecimal';
COMMENT ON COLUMN ecommerce.schema_version.applied_at IS 'When it was applied (wall clock)';
