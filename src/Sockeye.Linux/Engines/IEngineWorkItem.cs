namespace Sockeye.Linux;

/// <summary>Something that an engine thread is asked to do. It is in at most one list at a time.</summary>
internal interface IEngineWorkItem
{
    /// <summary>The next one of the list it is in; the list's.</summary>
    IEngineWorkItem? NextWork { get; set; }

    /// <summary>Done on the engine thread.</summary>
    void Run();
}
