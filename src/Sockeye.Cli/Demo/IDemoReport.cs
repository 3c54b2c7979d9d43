namespace Sockeye.Cli;

/// <summary>Displays the demo.</summary>
internal interface IDemoReport
{
    void Show(DemoScene scene);

    /// <summary>Shows the progress until <paramref name="running"/> has ended.</summary>
    Task FollowAsync(DemoLoad load, Task running);

    void Finish(DemoResult result);
}
