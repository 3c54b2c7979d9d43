namespace Sockeye.Tests.Support;

/// <summary>Asserts that something asynchronous did not have to wait.</summary>
internal static class Completed
{
    public static void Synchronously(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);

    public static TResult Synchronously<TResult>(ValueTask<TResult> task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
