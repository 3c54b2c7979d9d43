namespace Sockeye.Linux;

/// <summary>Where a self-test is: in a call of the kernel, or between two. One thread moves, others look.</summary>
internal sealed class SelfTestMonitor
{
    /// <summary>Grows when a call begins and when it ends: odd inside.</summary>
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
