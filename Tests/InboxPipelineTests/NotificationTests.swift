import Connect
import Foundation
import TestSupport
import Testing

@testable import InboxPipeline

@Suite struct NotificationTests {
  private let result = Data("{\"status\": \"SUCCEEDED\"}\n".utf8)

  @Test func `a webhook is posted the result as JSON, with its token`() throws {
    let listener = try HTTPListener()
    defer { listener.stop() }
    let url = "http://127.0.0.1:\(listener.port)/hook?key=secret"
    try Webhook(url: url, token: "t0ken").deliver(result)
    let request = try #require(listener.requests.first)
    #expect(request.line == "POST /hook?key=secret HTTP/1.1")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["authorization"] == "Bearer t0ken")
    #expect(request.body == "{\"status\": \"SUCCEEDED\"}\n")
  }

  @Test func `a webhook that is overloaded is asked again, one that refuses is not`() throws {
    let busy = try HTTPListener(answering: [503, 429, 204])
    defer { busy.stop() }
    let url = "http://127.0.0.1:\(busy.port)/"
    try Notification.deliver(result, to: Webhook(url: url, token: nil), retryLimit: 5, RunControl())
    #expect(busy.requests.count == 3)

    let refusing = try HTTPListener(answering: [404])
    defer { refusing.stop() }
    let hook = try Webhook(url: "http://127.0.0.1:\(refusing.port)/?key=secret", token: nil)
    let error = #expect(throws: ConnectorError.self) {
      try Notification.deliver(result, to: hook, retryLimit: 5, RunControl())
    }
    #expect(error?.message == "could not notify 127.0.0.1: it answered with HTTP status 404")
    #expect(refusing.requests.count == 1)
  }

  @Test func `nobody there is passing trouble`() throws {
    let listener = try HTTPListener()
    listener.stop()
    let hook = try Webhook(url: "http://127.0.0.1:\(listener.port)/", token: nil)
    let error = #expect(throws: ConnectorError.self) { try hook.deliver(result) }
    #expect(error?.kind == .transient)
  }

  @Test(arguments: ["ftp://host/", "file:///etc/passwd", "host/path", "https://", ""])
  func `what is no URL of the web is refused, and not repeated`(url: String) {
    let error = #expect(throws: ConnectorError.self) { try Webhook(url: url, token: nil) }
    #expect(error?.kind == .usage)
    #expect(error?.message.contains("passwd") == false)
  }

  @Test func `a password in the URL is refused, and not repeated`() {
    let error = #expect(throws: ConnectorError.self) {
      try Webhook(url: "https://u:hunter2@host/", token: nil)
    }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func `a command is given the result, and its words as they are`() throws {
    try withTemporaryDirectory { directory in
      let script = "\(directory)/hook.sh"
      try "#!/bin/sh\ncat > '\(directory)/in'\necho \"$#|$1|$2\" > '\(directory)/words'\n"
        .write(toFile: script, atomically: true, encoding: .utf8)
      try CommandHook("/bin/sh \(script) 'a  word' $HOME;true", inShell: false).deliver(result)
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/in")) == result)
      let words = try String(contentsOfFile: "\(directory)/words", encoding: .utf8)
      #expect(words == "2|a  word|$HOME;true\n")
      try CommandHook("cat | wc -c > '\(directory)/count'", inShell: true).deliver(result)
      let count = try String(contentsOfFile: "\(directory)/count", encoding: .utf8)
      #expect(Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) == result.count)
    }
  }

  @Test func `a command that fails, hangs or is not there is told of`() throws {
    let failing = #expect(throws: ConnectorError.self) {
      try CommandHook("exit 3", inShell: true).deliver(result)
    }
    #expect(failing?.message == "the command /bin/sh ended with exit code 3")
    let hanging = #expect(throws: ConnectorError.self) {
      try CommandHook("sleep 600", inShell: false, timeLimit: .milliseconds(50)).deliver(result)
    }
    #expect(hanging?.message.contains("did not end within") == true)
    let missing = #expect(throws: ConnectorError.self) {
      try CommandHook("/no/such/hook", inShell: false).deliver(result)
    }
    #expect(
      missing?.message == "could not run the command /no/such/hook: No such file or directory"
    )
  }

  @Test func `every channel is told of every run that did something, and of failed ones`() throws {
    let listener = try HTTPListener()
    defer { listener.stop() }
    let trial = try InboxTrial()
    trial.settings.channels = [
      try Webhook(url: "http://127.0.0.1:\(listener.port)/", token: nil),
      try CommandHook("exit 1", inShell: true),
    ]
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", ShopFiles.orders)
    try trial.put("order_items.csv", ShopFiles.items)
    let result = try trial.run()
    #expect(result.status == .succeeded)
    try trial.put("orders_2.csv", "x\n")
    try trial.put("order_items_2.csv", "y\n")
    #expect(try trial.run().status == .failed)
    #expect(listener.requests.count == 2)
    #expect(listener.requests.first?.body == (try trial.text(of: "results/\(result.run).json")))
    #expect(listener.requests.last?.body.contains("\"status\" : \"FAILED\"") == true)
  }
}
