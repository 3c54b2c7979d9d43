namespace Sockeye.Cli;

/// <summary>Waits for the user between the steps of <c>--step</c>: for a key in a terminal, otherwise for a line.</summary>
internal sealed class StepGate
{
    private const string Prompt = "[Enter: next step, q: end]";

    private readonly bool _isTerminal = !Console.IsInputRedirected;

    /// <summary>Returns whether the demo continues.</summary>
    /// <param name="broken">Fires when the reader of standard output has ended.</param>
    public async Task<bool> WaitAsync(CancellationToken broken)
    {
        await Console.Out.WriteAsync(Prompt);
        // A thread that waits for input cannot be interrupted. It ends with the process.
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Read(answer)) { IsBackground = true, Name = "standard input" }.Start();
        await ((Task)answer.Task).WaitAsync(broken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Console.Out.WriteAsync("\n\n");
        return answer.Task.IsCompletedSuccessfully && await answer.Task;
    }

    private void Read(TaskCompletionSource<bool> answer)
    {
        try
        {
            answer.SetResult(_isTerminal ? ReadKey() : ReadLine());
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            answer.SetResult(false); // The terminal is gone.
        }
    }

    private static bool ReadKey()
    {
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key is ConsoleKey.Enter or ConsoleKey.Spacebar)
                return true;
            if (key.Key is ConsoleKey.Q or ConsoleKey.Escape || key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control })
                return false;
        }
    }

    /// <summary>Every line continues, except q. The end of the input ends the demo, because no line follows.</summary>
    private static bool ReadLine() =>
        Console.In.ReadLine() is { } line && !line.Trim().Equals("q", StringComparison.OrdinalIgnoreCase);
}
