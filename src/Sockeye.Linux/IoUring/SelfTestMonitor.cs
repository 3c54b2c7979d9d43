namespace Sockeye.Linux;

/// <summary>The progress of a self-test: in a system call, or between two. One thread calls, others read.</summary>
internal sealed class SelfTestMonitor
{
    /// <summary>Grows when a call starts and when it ends: odd inside.</summary>
    private int _steps;

    /// <summary>The call that is under way: another number for each; null between two.</summary>
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
