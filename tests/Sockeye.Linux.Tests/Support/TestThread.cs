using System.Runtime.ExceptionServices;

namespace Sockeye.Linux.Tests.Support;

/// <summary>A thread of one test, for what a thread keeps for good: a seccomp filter, dropped capabilities.</summary>
internal static class TestThread
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(30);

    /// <summary>Runs it on a new thread and waits; what it throws is thrown here.</summary>
    public static T Run<T>(Func<T> body)
    {
        T? result = default;
        Exception? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = body();
            }
            catch (Exception caught)
            {
                error = caught;
            }
        }) { IsBackground = true };
        thread.UnsafeStart();
        Assert.True(thread.Join(MaxTime), "The thread did not end.");
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
        return result!;
    }
}
