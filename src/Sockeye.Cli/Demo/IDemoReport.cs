namespace Sockeye.Cli;

/// <summary>Shows the scenes, the progress and the result of the demo.</summary>
internal interface IDemoReport
{
    void Show(DemoScene scene);

    /// <summary>Shows the progress until <paramref name="running"/> has ended.</summary>
    Task FollowAsync(DemoLoad load, Task running);

    void Finish(DemoResult result);
}
