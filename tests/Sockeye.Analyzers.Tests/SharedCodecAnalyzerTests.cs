using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class SharedCodecAnalyzerTests
{
    [Theory]
    [InlineData("_count++;")]
    [InlineData("_count = 5;")]
    [InlineData("_bytes[0] = 1;")]
    [InlineData("_list.Add(1);")]
    [InlineData("_text.Append('a');")]
    [InlineData("input.CopyTo(_bytes);")]
    [InlineData("State = 1;")]
    [InlineData("Count();")]
    public Task Codec_that_changes_its_own_fields_is_reported_where_connections_share_it(string statement) =>
        AssertAsync(statement, isReported: true);

    [Theory]
    [InlineData("Interlocked.Increment(ref _count);")]
    [InlineData("lock (_list) _list.Add(1);")]
    [InlineData("_cache ??= \"a\";")]
    [InlineData("var bytes = new byte[8]; bytes[0] = 1; input.Slice(0, 8).CopyTo(bytes);")]
    [InlineData("var list = new List<int>(); list.Add(_list.Count);")]
    [InlineData("Seen.Count++;")]
    [InlineData("var other = new Counting(); other.Configure(5);")]
    public Task Codec_that_keeps_no_state_of_a_connection_passes(string statement) => AssertAsync(statement, isReported: false);

    [Fact]
    public Task Calls_that_share_a_codec_are_reported_and_others_are_not() => Analysis.AssertReportsAsync(
        RuleIds.SharedCodecState,
        $$"""
        using System.Buffers;
        using Sockeye;

        var codec = new Counting();
        var client = new SockeyeClient();
        await foreach (var connection in client.ReconnectAsync("a", 1, [|codec|])) { }
        await using var single = await client.ConnectAsync("a", 1, new Counting());
        await SockeyeServer.RunAsync(server =>
        {
            server.ListenAnyIP(1).Run([|new Counting()|], peer => Task.CompletedTask);
            server.ListenAnyIP(2).Run([|codec|], Codec.Lines(9), peer => Task.CompletedTask);
            server.ListenAnyIP(3).Run(async connection =>
            {
                await using var own = connection.AsMessages(new Counting());
                await using var shared = connection.AsMessages([|codec|]);
                await using var fromField = connection.AsMessages([|Counting.Shared|]);
                var local = new Counting();
                await using var again = connection.AsMessages(local);
            });
            server.ListenAnyIP(4).Run(Codec.Lines(9), peer => Task.CompletedTask);
        });

        {{Class("_count++;")}}
        """);

    [Fact]
    public Task Decoder_for_each_connection_may_keep_state_and_its_encoder_may_not() => Analysis.AssertReportsAsync(
        RuleIds.SharedCodecState,
        """
        using System.Buffers;
        using Sockeye;

        await SockeyeServer.RunAsync(server =>
        {
            server.ListenAnyIP(1).Run(new Counting(), Codec.Lines(9), peer => Task.CompletedTask);
            server.ListenAnyIP(2).Run(new Derived(), peer => Task.CompletedTask);
            server.ListenAnyIP(3).Run([|new Shared()|], Codec.Lines(9), peer => Task.CompletedTask);
            server.ListenAnyIP(4).Run([|new Numbering()|], peer => Task.CompletedTask);
        });

        class Counting : IFrameDecoder<string>
        {
            private int _count;

            public IFrameDecoder<string> ForConnection() => new Counting();

            public bool TryDecode(ref ReadOnlySequence<byte> input, out string message) => (message = $"{++_count}") == "";
        }

        class Shared : IFrameDecoder<string>
        {
            private int _count;

            public bool TryDecode(ref ReadOnlySequence<byte> input, out string message) => (message = $"{++_count}") == "";
        }

        abstract class Base : Codec<string>
        {
            public override IFrameDecoder<string> ForConnection() => new Counting();
        }

        class Derived : Base
        {
            private int _count;

            public override bool TryDecode(ref ReadOnlySequence<byte> input, out string message) =>
                (message = $"{++_count}") == "";

            public override void Encode(string message, IBufferWriter<byte> output) { }
        }

        class Numbering : Base
        {
            private int _written;

            public override bool TryDecode(ref ReadOnlySequence<byte> input, out string message) => (message = "") != "";

            public override void Encode(string message, IBufferWriter<byte> output) => _written++;
        }
        """);

    [Fact]
    public Task Functions_of_a_codec_that_change_a_variable_around_them_are_reported() => Analysis.AssertReportsAsync(
        RuleIds.SharedCodecState,
        """
        using System.Buffers;
        using Sockeye;

        var (count, scratch) = (0, new byte[8]);
        var last = new byte[8];
        var counting = Codec.FixedSize(8).WithMessages<int>((value, output) => output.Advance(8), payload => count++);
        var pure = Codec.FixedSize(8).WithMessages<int>((value, output) => output.Advance(8), payload =>
        {
            var own = new byte[8];
            payload.CopyTo(own);
            return own[0] + count;
        });
        await SockeyeServer.RunAsync(server =>
        {
            server.ListenAnyIP(1).Run([|counting|], peer => Task.CompletedTask);
            server.ListenAnyIP(2).Run(pure, peer => Task.CompletedTask);
            server.ListenAnyIP(3).Run([|Codec.FixedSize(8).WithMessages<byte>((value, output) => output.Advance(8), payload =>
            {
                payload.CopyTo(last);
                return last[0];
            })|], peer => Task.CompletedTask);
        });
        """);

    private static Task AssertAsync(string statement, bool isReported)
    {
        var codec = isReported ? "[|new Counting()|]" : "new Counting()";
        return Analysis.AssertReportsAsync(RuleIds.SharedCodecState, $$"""
            using System.Buffers;
            using Sockeye;

            await SockeyeServer.RunAsync(server => server.ListenAnyIP(1).Run({{codec}}, peer => Task.CompletedTask));

            {{Class(statement)}}
            """);
    }

    private static string Class(string statement) => $$"""
        static class Seen
        {
            public static int Count;
        }

        class Counting : Codec<string>
        {
            public static readonly Counting Shared = new();
            private readonly byte[] _bytes = new byte[8];
            private readonly List<int> _list = [];
            private readonly System.Text.StringBuilder _text = new();
            private string? _cache;
            private int _count;

            private int State { get; set; }

            public override bool TryDecode(ref ReadOnlySequence<byte> input, out string message)
            {
                message = $"{_count} {_text} {_cache}";
                {{statement}}
                return false;
            }

            public void Configure(int count) => _count = count;

            private void Count() => _count++;

            public override void Encode(string message, IBufferWriter<byte> output) => output.Write(_bytes);
        }
        """;
}
