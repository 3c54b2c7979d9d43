using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>Null is not a message, with every codec and every way of writing.</summary>
public sealed partial class NullMessageTests
{
    private const int Seed = 3305;

    private static readonly Dictionary<string, Codec<string>> Codecs = new()
    {
        ["lines"] = Codec.Lines(maxLength: 64),
        ["strict lines of another encoding"] = Codec.Lines(64, Encoding.Unicode, LineEnding.CrLf),
        ["JSON"] = Codec.LengthPrefixed(TextJson.Default.String, maxLength: 64),
        ["own messages in netstrings"] = Codec.Netstring(64).WithMessages<string>(Write, bytes => Encoding.UTF8.GetString(bytes)),
        ["own messages behind a varint"] = Codec.VarintPrefixed(64).WithMessages<string>(
            Write, bytes => Encoding.UTF8.GetString(bytes)),
        ["a custom codec"] = new OwnCodec(),
    };

    public static TheoryData<string> Names => [.. Codecs.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Null_is_refused_and_the_connection_goes_on(string name) => Simulated.Run(Seed, async world =>
    {
        var codec = Codecs[name];
        await using var server = await world.StartWith(listen => listen.Run(codec, async peer =>
        {
            await foreach (var message in peer.ReadAllAsync())
                await peer.WriteAsync(message);
        }));
        await using var client = await world.NewClient().ConnectAsync("server", 7000, codec);
        var group = new MessageGroup<string>(new() { SlowMember = SlowMemberPolicy.Wait });
        var others = new MessageGroup<string>();
        group.Join(client);
        others.Join(client);

        await Refuses("message", () => client.WriteAsync(null!));
        await Refuses("messages", () => client.WriteManyAsync(null!));
        await Refuses("messages", () => client.WriteManyAsync(["first", null!, "third"]));
        await Refuses("message", () => group.BroadcastAsync(null!));
        await Refuses("message", () => others.BroadcastAsync(null!));
        Assert.Equal("message", Assert.Throws<ArgumentNullException>(() => others.Broadcast(null!)).ParamName);
        Assert.Equal("message", Assert.Throws<ArgumentNullException>(() => others.Broadcast(null!, client)).ParamName);
        await client.WriteAsync("last");

        List<string> heard = [];
        await foreach (var message in client.ReadAllAsync())
        {
            heard.Add(message);
            if (heard.Count == 2)
                break;
        }

        Assert.Equal(["first", "last"], heard);

        static async Task Refuses(string parameter, Func<ValueTask> write) =>
            Assert.Equal(parameter, (await Assert.ThrowsAsync<ArgumentNullException>(() => write().AsTask())).ParamName);
    });

    [Theory, MemberData(nameof(Names))]
    public void Codec_itself_writes_no_null(string name)
    {
        if (Codecs[name] is OwnCodec)
            return; // What it does with null when it is called directly is not specified.
        var output = new ArrayBufferWriter<byte>();

        Assert.Equal("message", Assert.Throws<ArgumentNullException>(() => Codecs[name].Encode(null!, output)).ParamName);
        Assert.Equal("output", Assert.Throws<ArgumentNullException>(() => Codecs[name].Encode("x", null!)).ParamName);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Null_of_a_value_type_is_refused_too()
    {
        var codec = Codec.Netstring(8).WithMessages<int?>((_, _) => { }, _ => 1);

        Assert.Throws<ArgumentNullException>(() => codec.Encode(null, new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Null_instead_of_an_output_or_a_codec_is_named()
    {
        var frames = Codec.LengthPrefixed(64);

        Assert.Equal("output", Assert.Throws<ArgumentNullException>(() => frames.Encode(default, null!)).ParamName);
        Assert.Equal("output", Assert.Throws<ArgumentNullException>(
            () => frames.WithoutCopying().Encode(default, null!)).ParamName);
        var connection = MemoryConnection.CreatePair().Client;
        Assert.Equal("codec", Assert.Throws<ArgumentNullException>(() => connection.AsMessages<string>(null!)).ParamName);
        Assert.Equal("inbound", Assert.Throws<ArgumentNullException>(
            () => connection.AsMessages<string, string>(null!, Codec.Lines(8))).ParamName);
        var client = new SockeyeClient();
        Assert.Equal("codec", Assert.Throws<ArgumentNullException>(
            () => client.ReconnectAsync<string>(
                "server", 7000, null!, cancellationToken: TestContext.Current.CancellationToken)).ParamName);
    }

    private static void Write(string message, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(message, output);

    private sealed class OwnCodec : Codec<string>
    {
        private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

        public override bool TryDecode(ref ReadOnlySequence<byte> input, out string message) =>
            Lines.TryDecode(ref input, out message!);

        public override void Encode(string message, IBufferWriter<byte> output) =>
            Lines.Encode(message ?? "null", output);
    }

    [JsonSerializable(typeof(string))]
    internal sealed partial class TextJson : JsonSerializerContext;
}
