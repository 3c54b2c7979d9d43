using System.Buffers;
using System.Text;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Frames that a server delivers late, to their own sender, or that are none.</summary>
public sealed class FrameReceiverTests : IAsyncDisposable
{
    private const ulong Self = 1;

    private readonly EngineEvents _events = new();
    private readonly TestLog _log = new();
    private readonly NatsLink _link;
    private readonly FrameReceiver _receiver;

    public FrameReceiverTests()
    {
        ClusterEngineContext context = new()
        {
            ClusterName = "c",
            Self = new("a", Self),
            Events = _events,
            MaxQueuedBytes = 1000,
            SlowNode = SlowNodePolicy.Drop,
            NodeTimeout = TimeSpan.FromSeconds(5),
            TimeProvider = TimeProvider.System,
            LoggerFactory = _log,
        };
        NatsClusterOptions options = new();
        EngineParts parts = new(options, ConnectionOpts.Create(options, context), context);
        _link = new(parts, ServerAddress.ParseList("127.0.0.1:1", "Url")[0], 1);
        _receiver = parts.Receiver;
    }

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    [Fact]
    public void Frame_of_an_earlier_connection_of_its_sender_is_ignored_after_one_of_a_later_connection()
    {
        Receive(2, 1, "a");
        Receive(2, 3, "b");
        Receive(2, 1, "late");
        Receive(2, 2, "late");
        Receive(2, 3, "c");
        Receive(7, 1, "of another node");

        Assert.Equal(["a", "b", "c", "of another node"], _events.Frames);
    }

    [Fact]
    public void Frame_of_the_node_itself_is_ignored()
    {
        Receive(Self, 1, "own");

        Assert.Empty(_events.Frames);
    }

    [Fact]
    public async Task Frame_of_a_link_that_has_ended_is_ignored()
    {
        await _link.DisposeAsync();

        Receive(2, 1, "late");

        Assert.Empty(_events.Frames);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("\u0002 is not the version")]
    public void Message_that_is_no_frame_is_ignored_and_logged(string text)
    {
        _receiver.OnMessage(_link, "sockeye.c.all", new(Encoding.UTF8.GetBytes(text)));

        Assert.Empty(_events.Frames);
        Assert.Contains("sockeye.c.all", Assert.Single(_log.WithId(5006)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_that_is_split_over_segments_is_read()
    {
        var message = Message(2, 1, "split");
        Segment first = new(message.AsMemory(0, 5), null);
        Segment last = new(message.AsMemory(5), first);

        _receiver.OnMessage(_link, "s", new(first, 0, last, last.Memory.Length));

        Assert.Equal(["split"], _events.Frames);
    }

    [Fact]
    public void Receiver_that_throws_is_logged_and_reported_as_a_loss()
    {
        _events.OnEachFrame = static _ => throw new InvalidOperationException("a bug");

        Receive(2, 1, "a");
        _events.OnEachFrame = null;
        Receive(2, 1, "b");

        Assert.Equal(["b"], _events.Frames);
        Assert.Single(_events.Losses);
        Assert.Equal("a bug", Assert.Single(_log.WithId(5005)).Exception?.Message);
    }

    private static byte[] Message(ulong sender, uint link, string text)
    {
        ArrayBufferWriter<byte> writer = new();
        new NatsFrameWriter(new(sender, link)).Serialize(writer, Encoding.UTF8.GetBytes(text));
        return writer.WrittenSpan.ToArray();
    }

    private void Receive(ulong sender, uint link, string text) =>
        _receiver.OnMessage(_link, "s", new(Message(sender, link, text)));

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            before.Next = this;
            RunningIndex = before.RunningIndex + before.Memory.Length;
        }
    }
}
