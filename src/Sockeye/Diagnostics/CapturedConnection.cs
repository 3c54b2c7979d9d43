namespace Sockeye;

/// <summary>What frames of one connection have in common.</summary>
/// <param name="place">Where it was recorded.</param>
/// <param name="addresses">As its frames show them.</param>
/// <param name="comment">Stands beside its first frame in each file.</param>
internal sealed class CapturedConnection(CaptureInterface place, CaptureAddresses addresses, string comment)
{
    public CaptureInterface Interface => place;

    public CaptureAddresses Addresses => addresses;

    public string Comment => comment;

    /// <summary>The number of the last file that has a frame of it. The writer's own.</summary>
    public int LastFile { get; set; }
}

/// <summary>Where bytes are recorded: an endpoint. Shown as a network interface.</summary>
internal sealed class CaptureInterface(string name, string description)
{
    private long _dropped;

    public string Name => name;

    public string Description => description;

    /// <summary>Frames that found no room in the queue.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>How many of them a file tells of. This and what follows is the writer's own.</summary>
    public long DroppedReported { get; set; }

    /// <summary>The number of the last file that describes it.</summary>
    public int LastFile { get; set; }

    /// <summary>In that file.</summary>
    public uint Id { get; set; }

    /// <summary>Of its frames, in that file.</summary>
    public long Written { get; set; }

    /// <summary>Of those before the file's frames.</summary>
    public long DroppedInFile { get; set; }

    public void OnDropped() => Interlocked.Increment(ref _dropped);
}
