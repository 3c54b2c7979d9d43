namespace Sockeye.Linux;

/// <summary>
/// The progress of a self-test: in a system call, or between two. One thread makes the calls, others read the progress.
/// </summary>
internal sealed class SelfTestMonitor
{
    /// <summary>Incremented when a call starts and when it ends, so it is odd during a call.</summary>
    private int _steps;

    /// <summary>A number that identifies the call in progress; null between two calls.</summary>
    public int? CurrentCall => Volatile.Read(ref _steps) is var steps && steps % 2 == 1 ? steps : null;

    public T Run<T>(Func<T> call)
    {
        Volatile.Write(ref _steps, _steps + 1);
        try
        {
            return call();
        }
        finally
        {
            Volatile.Write(ref _steps, _steps + 1);
        }
    }
}
