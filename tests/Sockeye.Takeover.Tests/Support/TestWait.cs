namespace Sockeye.Takeover.Tests.Support;

internal static class TestWait
{
    /// <summary>The time after which a test fails instead of hanging, on a machine that is busy with other work, too.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits for something that other threads or processes do in a moment, without taking their processor.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? otherwise = null)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.False(TimeProvider.System.GetElapsedTime(begun) > Limit, otherwise?.Invoke() ?? "It does not become so.");
            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
