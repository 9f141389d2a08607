/// The one-to-one assignment of rows to columns of least total cost: the Hungarian method by shortest
/// augmenting paths, of order n^3. Kuhn 1955; Jonker and Volgenant 1987.
package enum Assignment {
  /// The column of each row of a square matrix of costs.
  package static func leastCost(_ cost: [[Double]]) -> [Int] {
    let n = cost.count
    precondition(cost.allSatisfy { $0.count == n }, "the matrix is square")
    // Row and column 0 are those of the path's start; potentials keep all reduced costs at 0 or above.
    var (rowPotential, columnPotential) = (
      [Double](repeating: 0, count: n + 1), [Double](repeating: 0, count: n + 1)
    )
    var rowOfColumn = [Int](repeating: 0, count: n + 1)
    for row in 1...max(n, 1) where n > 0 {
      rowOfColumn[0] = row
      var column = 0
      var distance = [Double](repeating: .infinity, count: n + 1)
      var previous = [Int](repeating: 0, count: n + 1)
      var isDone = [Bool](repeating: false, count: n + 1)
      repeat {
        isDone[column] = true
        let from = rowOfColumn[column]
        var (step, next) = (Double.infinity, 0)
        for candidate in 1...n where !isDone[candidate] {
          let reduced = cost[from - 1][candidate - 1] - rowPotential[from] - columnPotential[candidate]
          if reduced < distance[candidate] { (distance[candidate], previous[candidate]) = (reduced, column) }
          if distance[candidate] < step { (step, next) = (distance[candidate], candidate) }
        }
        for place in 0...n {
          if isDone[place] {
            rowPotential[rowOfColumn[place]] += step
            columnPotential[place] -= step
          } else {
            distance[place] -= step
          }
        }
        column = next
      } while rowOfColumn[column] != 0
      while column != 0 {
        rowOfColumn[column] = rowOfColumn[previous[column]]
        column = previous[column]
      }
    }
    var columns = [Int](repeating: 0, count: n)
    for column in 1...max(n, 1) where n > 0 { columns[rowOfColumn[column] - 1] = column - 1 }
    return columns
  }
}
