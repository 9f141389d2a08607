import CTorch
import Foundation

/// Processes that train one model together, by libtorch's c10d: Gloo on CPUs, NCCL on GPUs.
///
/// What one asks for all ask for, in the same order. A process that is lost ends the others: each call that waits for
/// the others either comes back or ends the process, with a line that names the lost one.
public final class ProcessGroup {
  /// This process's number, from 0.
  public var rank: Int { place.rank }
  /// The number of processes.
  public var size: Int { place.size }
  /// Whether this process writes the run's files.
  public var isFirst: Bool { rank == 0 }
  /// This process's place.
  public let place: ProcessPlace
  /// What carries the numbers.
  public let backend: String

  /// Smaller buckets set out sooner, larger ones ask for fewer messages; c10d's own default.
  static let bucketBytes: Int64 = 25 << 20
  /// How long to wait for processes that have not come yet.
  static let patience = 300.0

  private let handle: OpaquePointer
  private let watch: RankWatch

  /// Joins the group; waits until all are there.
  ///
  /// - Throws: `TorchError` where they are not within five minutes.
  public init(_ place: ProcessPlace, device: Device = .cpu) throws(TorchError) {
    self.place = place
    backend = device == .cpu ? "Gloo" : "NCCL"
    var slot: OpaquePointer?
    try attempt("\(place.host):\(place.port), process \(place.rank) of \(place.size)") {
      ct_group_new(
        &slot, place.host, Int32(place.port), place.servesStore && place.rank == 0, "elbo/\(place.restart)",
        Int32(place.rank), Int32(place.size), device.code, Self.patience, $0)
    }
    handle = slot!
    watch = RankWatch(Notes(handle), place)
  }

  deinit {
    watch.leave()
    ct_group_free(handle)
  }

  /// Replaces tensors by their means over all processes, in place.
  public func average(_ tensors: [Tensor]) {
    wait { error in
      tensors.withHandles { ct_group_average(handle, $0, $1, Self.bucketBytes, error) }
    }
  }

  /// Fills a tensor [processes x n, ...] with the tensors [n, ...] of all processes, in the order of their ranks.
  public func gather(_ part: Tensor, into whole: Tensor) {
    precondition(whole.shape == [size * part.size(0)] + part.shape.dropFirst(), "\(whole.shape)")
    wait { error in
      withExtendedLifetime((part, whole)) { ct_group_gather(handle, whole.handle, part.handle, error) }
    }
  }

  /// The gradients of a scalar with respect to some tensors, averaged over all processes: they set out while the
  /// backward pass goes on.
  ///
  /// - Parameters:
  ///   - scalar: what is differentiated.
  ///   - inputs: the tensors that it is differentiated by.
  ///   - keepingGraph: whether another gradient is to be taken of something that shares the graph.
  ///   - extra: a scalar that is averaged in place on the way.
  public func gradient(
    of scalar: Tensor, withRespectTo inputs: [Tensor], keepingGraph: Bool, averaging extra: Tensor
  ) -> [Tensor?] {
    var results = [OpaquePointer?](repeating: nil, count: inputs.count)
    wait { error in
      inputs.withHandles { handles, count in
        ct_group_grad(
          handle, &results, scalar.handle, handles, count, keepingGraph, extra.handle, Self.bucketBytes, error
        )
      }
    }
    return results.map { $0.map(Tensor.init(owning:)) }
  }

  /// The mean of a number over all processes.
  public func average(_ value: Double) -> Double {
    let tensor = Tensor([value], shape: [1])
    average([tensor])
    return tensor.item()
  }

  /// Whether any process says so; all learn the same.
  public func any(_ value: Bool) -> Bool { average(value ? 1 : 0) > 0 }

  private func wait(_ call: (ErrorSlot) -> Int32) {
    do throws(TorchError) {
      try attempt("process \(rank)", call)
    } catch {
      watch.explain(error)
    }
  }
}
