using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Support;

/// <summary>Waits for what happens on other threads, and fails instead of hanging.</summary>
internal static class BoundedWait
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Within(this Task task) =>
        task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    public static Task<T> Within<T>(this Task<T> task) =>
        task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().Within();

    /// <summary>Yields until the condition holds: for conditions without an event.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < Limit, $"It did not happen in {Limit.TotalSeconds} s: {what}.");
            await Task.Yield();
        }
    }

    /// <summary>Moves the clock on in steps until the condition holds.</summary>
    public static Task UntilAsTimePasses(FakeTimeProvider time, TimeSpan step, Func<bool> condition, string what) =>
        Until(() =>
        {
            if (condition())
                return true;
            time.Advance(step);
            return false;
        }, what);
}
