using System.IO.Pipelines;
using CsCheck;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>What is taken from a client before TLS reads it, byte by byte.</summary>
public sealed class HelloRecordsTests
{
    private const int HeaderLength = 5;

    private static readonly byte[] Hello = RecordedHello.Bytes[HeaderLength..];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(16_384)]
    public async Task Hello_in_any_records_is_given_on_in_one(int length)
    {
        byte[] sent = [.. CutHello.Cut(RecordedHello.Bytes, length).SelectMany(record => record), .. "behind"u8];

        var (records, rest) = await ReadAsync(sent);

        Assert.Equal(RecordedHello.Bytes, records.ToRecords().ToArray());
        Assert.Equal("behind"u8, rest);
        Assert.Equal("localhost", ClientHello.GetServerName(records.Messages));
    }

    [Fact]
    public async Task Long_hello_is_given_on_in_as_few_records_as_it_fits_into()
    {
        var hello = Announced(40_000);

        var (records, rest) = await ReadAsync([.. CutHello.Cut(Record(hello.AsSpan(..10_000)), 7).SelectMany(one => one),
            .. Record(hello.AsSpan(10_000..26_000)), .. Record(hello.AsSpan(26_000..))]);

        Assert.Empty(rest);
        Assert.Equal(
            [.. Record(hello.AsSpan(..16_384)), .. Record(hello.AsSpan(16_384..32_768)), .. Record(hello.AsSpan(32_768..))],
            records.ToRecords().ToArray());
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A", 0)] // HTTP
    [InlineData("15030100020100", 0)] // an alert
    [InlineData("16030100000000", 0)] // an empty record
    [InlineData("1603014001", 0)] // a record that is too long
    [InlineData("160301000402000000", 9)] // a ServerHello
    [InlineData("1603010003010001150301000201001603010001FF", 8)] // half a hello, then an alert
    [InlineData("16030100030100011603010000", 8)] // half a hello, then an empty record
    public async Task What_is_no_hello_is_left_to_TLS(string hex, int taken)
    {
        var sent = Convert.FromHexString(hex);

        var (records, rest) = await ReadAsync(sent, completes: false);

        Assert.Equal(sent[..taken], records.ToRecords().ToArray());
        Assert.Equal(sent[taken..], rest);
    }

    [Theory]
    [InlineData("16")]
    [InlineData("16030100")]
    [InlineData("160301000401")]
    [InlineData("1603010001")]
    [InlineData("1603010001011603010001001603010001021603")]
    public async Task Hello_that_breaks_off_is_left_to_TLS_with_the_end(string hex)
    {
        var (records, rest) = await ReadAsync(Convert.FromHexString(hex));

        Assert.True(records.ToRecords().Length + rest.Length > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2_000)]
    public async Task Hello_that_announces_too_much_is_refused_by_what_it_says(int length)
    {
        var hello = Announced(HelloRecords.MaxHelloLength + 1);

        var error = await Assert.ThrowsAsync<IOException>(
            () => ReadAsync([.. CutHello.Cut(Record(hello.AsSpan(..2_000)), length).SelectMany(one => one)], completes: false));

        Assert.Equal("the client announces a ClientHello of 65537 bytes, and at most 65536 are read", error.Message);
    }

    [Fact]
    public void Hello_of_tiny_records_that_announces_too_much_is_read_and_refused() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start();
        await using var client = await world.Simulated.Connect();

        await client.Transport.Output.WriteAsync(
            CutHello.Cut(Record(Announced(100_000).AsSpan(..100)), 1).SelectMany(one => one).ToArray());

        await client.ReadToEndAsync();
        await TlsFailureTests.AssertServerLoggedAsync(
            world, "announces a ClientHello of 100000 bytes, and at most 65536 are read");
    });

    [Fact]
    public void Good_client_comes_through_however_many_send_half_a_hello_in_tiny_records() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.MaxHandshakes = 3);
        List<Microsoft.AspNetCore.Connections.ConnectionContext> others = [];
        for (var i = 0; i < 20; i++)
        {
            others.Add(await world.Simulated.Connect());
            await others[i].Transport.Output.WriteAsync(
                CutHello.Cut(RecordedHello.Bytes, 1 + i).SelectMany(one => one).Take(6 * (1 + i)).ToArray());
        }

        await using var good = await world.Connect();
        await good.SendAsync("x");
        Assert.Equal("x", await good.ReadAsync(1));

        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 0, 1);
        foreach (var client in others)
            client.Abort();
    });

    [Fact]
    public void Name_in_a_hello_that_is_cut_off_or_damaged_is_null_or_safe_to_print()
    {
        for (var length = 0; length < Hello.Length; length++)
            Assert.Null(ClientHello.GetServerName(Hello.AsSpan(0, length)));
        Gen.Select(Gen.Int[4, Hello.Length - 1], Gen.Byte).Array[1, 5].Sample(changes =>
        {
            var damaged = Hello.ToArray();
            foreach (var (at, value) in changes)
                damaged[at] = value;
            var name = ClientHello.GetServerName(damaged);
            Assert.Same(name ?? "", PrintableText.Escape(name));
        });
    }

    [Fact]
    public void Name_with_controls_is_escaped()
    {
        var at = Hello.AsSpan().IndexOf("localhost"u8);
        byte[] evil = [.. Hello.AsSpan(0, at), .. "a\n\u001b[2J\0é"u8, .. Hello.AsSpan(at + "localhost".Length)];

        Assert.Equal("a\\x0A\\x1B[2J\\x00é", ClientHello.GetServerName(evil));
    }

    private static byte[] Record(ReadOnlySpan<byte> content) =>
        [22, 3, 1, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    /// <summary>A ClientHello of the given number of bytes, with its header.</summary>
    private static byte[] Announced(int length)
    {
        var hello = new byte[length];
        var content = length - 4;
        (hello[0], hello[1], hello[2], hello[3]) = (1, (byte)(content >> 16), (byte)(content >> 8), (byte)content);
        return hello;
    }

    private static async Task<(HelloRecords Records, byte[] Behind)> ReadAsync(byte[] sent, bool completes = true)
    {
        var pipe = new Pipe();
        var records = new HelloRecords();
        var reading = records.ReadAsync(pipe.Reader, () => { }).AsTask();
        // In pieces that have nothing to do with the records.
        foreach (var part in sent.Chunk(11))
            await pipe.Writer.WriteAsync(part, TestContext.Current.CancellationToken);
        if (completes)
            await pipe.Writer.CompleteAsync();
        await reading.Within();
        await pipe.Writer.CompleteAsync();
        var rest = new MemoryStream();
        await pipe.Reader.CopyToAsync(rest, TestContext.Current.CancellationToken);
        return (records, rest.ToArray());
    }
}
