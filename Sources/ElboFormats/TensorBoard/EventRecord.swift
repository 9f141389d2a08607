import Foundation
import SwiftProtobuf
import Torch

/// Events as TensorBoard reads them: each a TFRecord, its length and its bytes with a check behind either.
struct EventRecord {
  /// The record of an event.
  static func bytes(_ event: Tensorboard_Event) throws -> Data {
    let body = try event.serializedBytes() as Data
    var length = Data()
    append(UInt64(body.count), to: &length)
    var record = length
    append(CRC32C.masked(length), to: &record)
    record.append(body)
    append(CRC32C.masked(body), to: &record)
    return record
  }

  /// The record that an event file begins with.
  static func head(_ time: Date) throws -> Data {
    var event = Tensorboard_Event()
    event.wallTime = time.timeIntervalSince1970
    event.fileVersion = "brain.Event:2"
    return try bytes(event)
  }

  /// The record that has TensorBoard forget what earlier files tell of the steps after `step`.
  static func start(after step: Int, time: Date) throws -> Data {
    var event = Tensorboard_Event()
    event.wallTime = time.timeIntervalSince1970
    event.step = Int64(step) + 1
    event.sessionLog.status = .start
    return try bytes(event)
  }

  /// The record of some values at a step.
  static func bytes(_ values: [Tensorboard_Summary.Value], step: Int, time: Date) throws -> Data {
    var event = Tensorboard_Event()
    event.wallTime = time.timeIntervalSince1970
    event.step = Int64(step)
    event.summary.value = values
    return try bytes(event)
  }

  /// The name of an event file, by which TensorBoard knows it.
  static func name(_ time: Date) -> String {
    String(format: "events.out.tfevents.%010d.elbo", Int(time.timeIntervalSince1970))
  }

  private static func append<Number: FixedWidthInteger>(_ number: Number, to data: inout Data) {
    withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
  }
}
