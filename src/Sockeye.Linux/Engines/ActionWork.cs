namespace Sockeye.Linux;

/// <summary>An action that is posted to an engine thread.</summary>
internal sealed class ActionWork(Action action) : IEngineWorkItem
{
    public IEngineWorkItem? NextWork { get; set; }

    public void Run() => action();
}
