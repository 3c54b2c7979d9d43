namespace Sockeye.Cli;

/// <summary>The pause of <c>--step</c> after each scene: the commands to try, then the wait for the user.</summary>
internal sealed class DemoPause(DemoText text)
{
    private readonly StepGate _gate = new();

    /// <summary>Returns whether the demo continues.</summary>
    /// <param name="scene">The scene that was shown.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="broken">Fires when the reader of standard output has ended.</param>
    public Task<bool> WaitAsync(DemoScene scene, int port, CancellationToken broken)
    {
        text.Show(new DemoHints(port).Get(scene.Function));
        return _gate.WaitAsync(broken);
    }
}
