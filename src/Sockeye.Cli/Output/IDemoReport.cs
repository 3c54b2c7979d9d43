namespace Sockeye.Cli;

/// <summary>Shows the demo to somebody.</summary>
internal interface IDemoReport
{
    void Show(DemoScene scene);

    /// <summary>Shows how far it is until <paramref name="running"/> has ended.</summary>
    Task FollowAsync(DemoLoad load, Task running);

    void Finish(DemoResult result);
}
