namespace Sockeye.Linux;

/// <summary>Something that an engine thread is asked to do. It is in at most one list at a time.</summary>
internal interface IEngineWork
{
    /// <summary>The next one of the list it is in; the list's.</summary>
    IEngineWork? NextWork { get; set; }

    /// <summary>Done on the engine thread.</summary>
    void Work();
}
