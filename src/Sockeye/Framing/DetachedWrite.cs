namespace Sockeye;

/// <summary>Releases the caller of a write on cancellation, while the write keeps its lock until it is complete.</summary>
/// <remarks>
/// The flush itself is never cancelled. Its bytes are in the pipe and will be sent, so the next writer has to wait as well:
/// otherwise callers that cancel and write again would fill the memory. Below TLS, a cancelled flush would cut a record.
/// </remarks>
internal static class DetachedWrite
{
    public static ValueTask DetachOnCancel(this ValueTask write, CancellationToken cancellationToken) =>
        write.IsCompleted || !cancellationToken.CanBeCanceled ? write : DetachAsync(write.AsTask(), cancellationToken);

    private static async ValueTask DetachAsync(Task write, CancellationToken cancellationToken)
    {
        try
        {
            await write.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // No caller observes the result of this write. The next write and the close reason report an error.
            _ = write.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }
}
