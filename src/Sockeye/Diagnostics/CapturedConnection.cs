namespace Sockeye;

/// <summary>The properties that the frames of one connection share.</summary>
/// <param name="endpoint">The interface at which it is recorded.</param>
/// <param name="addresses">The addresses of its frames.</param>
/// <param name="comment">The comment of its first frame in each file.</param>
internal sealed class CapturedConnection(CaptureInterface endpoint, CaptureAddresses addresses, string comment)
{
    public CaptureInterface Interface => endpoint;

    public CaptureAddresses Addresses => addresses;

    public string Comment => comment;

    /// <summary>The number of the last file that has a frame of it. Used by the writer only.</summary>
    public int LastFile { get; set; }
}

/// <summary>An endpoint whose connections are recorded, shown as a network interface.</summary>
internal sealed class CaptureInterface(string name, string description)
{
    private long _dropped;

    public string Name => name;

    public string Description => description;

    /// <summary>The number of frames that did not fit into the queue.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>
    /// The number of dropped frames that a file has reported. Only the writer uses this and the following properties.
    /// </summary>
    public long DroppedReported { get; set; }

    /// <summary>The number of the last file that describes it.</summary>
    public int LastFile { get; set; }

    /// <summary>The id of the interface in that file.</summary>
    public uint Id { get; set; }

    /// <summary>The number of its frames in that file.</summary>
    public long Written { get; set; }

    /// <summary>The number of its dropped frames that this file has reported.</summary>
    public long DroppedInFile { get; set; }

    public void OnDropped() => Interlocked.Increment(ref _dropped);
}
