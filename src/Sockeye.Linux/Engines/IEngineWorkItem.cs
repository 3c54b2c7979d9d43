namespace Sockeye.Linux;

/// <summary>Work that is posted to an engine thread. It is in at most one list at a time.</summary>
internal interface IEngineWorkItem
{
    /// <summary>The next item of its list; set by the list.</summary>
    IEngineWorkItem? NextWork { get; set; }

    /// <summary>Runs on the engine thread.</summary>
    void Run();
}
