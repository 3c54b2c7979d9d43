namespace Sockeye.Tests.Support;

internal static class TokenWait
{
    /// <summary>Ends when the token fires.</summary>
    public static async Task WaitAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = token.Register(fired.SetResult);
        await fired.Task;
    }
}
