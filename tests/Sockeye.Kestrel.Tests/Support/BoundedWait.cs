namespace Sockeye.Kestrel.Tests.Support;

/// <summary>Waits for what happens on other threads, and fails instead of hanging.</summary>
internal static class BoundedWait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Within(this Task task) =>
        task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    public static Task<T> Within<T>(this Task<T> task) =>
        task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
}
