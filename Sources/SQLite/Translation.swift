import CairnStore
import GRDB

/// Runs something on the database and says what went wrong in the store's words.
func translate<Result>(
    _ path: String, _ body: () throws -> Result
) throws(StoreError) -> Result {
    do {
        return try body()
    } catch let error as StoreError {
        throw error
    } catch let error as DatabaseError {
        throw storeError(error, path: path)
    } catch {
        throw .stopped(path: path, reason: String(describing: error))
    }
}

private func storeError(_ error: DatabaseError, path: String) -> StoreError {
    let reason = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        return .lockedByAnother(path: path)
    case .SQLITE_NOTADB:
        return .foreignFile(path: path)
    case .SQLITE_CORRUPT:
        return .damaged(place: path, reason: reason)
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
        return .unusableDirectory(path: path, reason: reason)
    default:
        return .stopped(path: path, reason: "\(reason) (SQLite \(error.extendedResultCode))")
    }
}
