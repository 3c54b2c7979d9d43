#:project ../src/Sockeye/Sockeye.csproj
#:project ../src/Sockeye.Linux/Sockeye.Linux.csproj
#:property ConcurrentGarbageCollection=false
// A small Redis server in memory: dotnet run -c Release samples/redis-server.cs -- 6400
// Then: redis-cli -p 6400, or redis-benchmark -p 6400 -t ping,set,get -P 16 -q
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sockeye;
using Sockeye.Linux;

var port = args is [var given, ..] ? int.Parse(given) : 6400;
var store = new Store();
Console.WriteLine($"listens on port {port}");

await SockeyeServer.RunAsync(server =>
{
    // No command blocks, so each may run on the thread that received it. One thread serves all clients, as in Redis.
    if (OperatingSystem.IsLinux())
        server.Transport = new LinuxTransport(new() { ThreadCount = 1, Sockets = { UnsafePreferInlineScheduling = true } });
    server.ListenLocalhost(port).Run(new CommandDecoder(), new ReplyEncoder(), store.Execute);
});

sealed class Store
{
    private static readonly Reply Ok = Reply.Text("OK"), Pong = Reply.Text("PONG");

    private readonly ConcurrentDictionary<byte[], byte[]> _values = new(new Bytes());
    private readonly Lock _counting = new();

    public Reply Execute(byte[][] parts) => parts switch
    {
        [var name, var key] when Is(name, "GET"u8) => Reply.Bulk(_values.GetValueOrDefault(key)),
        [var name, var key, var value] when Is(name, "SET"u8) => Set(key, value),
        [var name] when Is(name, "PING"u8) => Pong,
        [var name, var text] when Is(name, "PING"u8) || Is(name, "ECHO"u8) => Reply.Bulk(text),
        [var name, _, ..] when Is(name, "DEL"u8) => Reply.Number(parts[1..].Count(key => _values.TryRemove(key, out _))),
        [var name, _, ..] when Is(name, "EXISTS"u8) => Reply.Number(parts[1..].Count(_values.ContainsKey)),
        [var name, var key] when Is(name, "INCR"u8) => Increment(key),
        [var name] when Is(name, "DBSIZE"u8) => Reply.Number(_values.Count),
        [var name, ..] when Is(name, "FLUSHALL"u8) || Is(name, "FLUSHDB"u8) => Clear(),
        [var name, _, var option] when Is(name, "CONFIG"u8) => Reply.List(Reply.Bulk(option), Reply.Bulk([])),
        [var name, ..] when Is(name, "COMMAND"u8) => Reply.List(),
        [var name, ..] when Is(name, "SELECT"u8) || Is(name, "CLIENT"u8) => Ok,
        [var name, ..] when Is(name, "HELLO"u8) => Reply.Error("NOPROTO this server has RESP2 only"),
        [var name, ..] when Is(name, "INFO"u8) => Reply.Bulk("redis_version:7.0.0\r\nredis_mode:standalone\r\n"u8.ToArray()),
        [var name, ..] => Reply.Error($"ERR unknown command '{Encoding.ASCII.GetString(name)}', or wrong number of arguments"),
        [] => Reply.Error("ERR no command"),
    };

    private static bool Is(byte[] name, ReadOnlySpan<byte> command) => Ascii.EqualsIgnoreCase(name, command);

    private Reply Set(byte[] key, byte[] value)
    {
        _values[key] = value;
        return Ok;
    }

    private Reply Clear()
    {
        _values.Clear();
        return Ok;
    }

    private Reply Increment(byte[] key)
    {
        lock (_counting)
        {
            var old = _values.GetValueOrDefault(key);
            if (old is null)
                old = "0"u8.ToArray();
            if (!Utf8Parser.TryParse(old, out long number, out var used) || used != old.Length || number == long.MaxValue)
                return Reply.Error("ERR value is not an integer or out of range");
            _values[key] = Encoding.ASCII.GetBytes($"{number + 1}");
            return Reply.Number(number + 1);
        }
    }

    private sealed class Bytes : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] bytes)
        {
            var hash = new HashCode(); // Its seed is random in each process, so that clients cannot choose keys that collide.
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }
}

// A reply: its kind, and a line, or the length of bytes and the bytes, or the number of items and the items
readonly record struct Reply(char Kind, byte[]? Bytes = null, long Count = 0, Reply[]? Items = null)
{
    public static Reply Text(string text) => new('+', Encoding.ASCII.GetBytes(text));

    public static Reply Error(string text) => new('-', Encoding.ASCII.GetBytes(text.ReplaceLineEndings(" ")));

    public static Reply Number(long number) => new(':', Count: number);

    public static Reply Bulk(byte[]? bytes) => new('$', bytes);

    public static Reply List(params Reply[] items) => new('*', Items: items);
}

sealed class ReplyEncoder : IFrameEncoder<Reply>
{
    public bool IsEncodeAtomic => true; // It never throws.

    public void Encode(Reply reply, IBufferWriter<byte> output)
    {
        var bytes = reply.Bytes.AsSpan();
        var span = output.GetSpan(bytes.Length + 32);
        span[0] = (byte)reply.Kind;
        var length = 1;
        if (reply.Kind is ':' or '$' or '*')
        {
            var number = reply.Kind switch
            {
                ':' => reply.Count,
                '*' => reply.Items!.Length,
                _ => reply.Bytes?.Length ?? -1,
            };
            Utf8Formatter.TryFormat(number, span[1..], out var digits);
            length += digits;
            "\r\n"u8.CopyTo(span[length..]);
            length += 2;
        }

        if (reply.Kind is '+' or '-' || reply is { Kind: '$', Bytes: not null })
        {
            bytes.CopyTo(span[length..]);
            length += bytes.Length;
            "\r\n"u8.CopyTo(span[length..]);
            length += 2;
        }

        output.Advance(length);
        foreach (var item in reply.Items ?? [])
            Encode(item, output);
    }
}

// A command: *count CR LF, then for each part $length CR LF bytes CR LF; or a line, whose parts spaces separate
sealed class CommandDecoder : IFrameDecoder<byte[][]>
{
    private const int MaxLine = 64 * 1024, MaxParts = 1024, MaxBytes = 16 << 20;

    private static readonly byte[][] Names = [[.. "GET"u8], [.. "SET"u8], [.. "PING"u8], [.. "INCR"u8]];

    private byte[][]? _parts; // Of a command that comes in many reads: none of its parts is read twice.
    private int _count;
    private long _taken;

    public IFrameDecoder<byte[][]> ForConnection() => new CommandDecoder();

    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out byte[][] command)
    {
        command = null;
        var reader = new SequenceReader<byte>(input);
        var (parts, count) = (_parts, _count);
        if (parts is null)
        {
            if (!TryReadLine(ref reader, out var line))
                return false;
            if (line is not [(byte)'*', ..])
            {
                command = [.. Encoding.ASCII.GetString(line).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(Encoding.ASCII.GetBytes)];
                input = reader.UnreadSequence;
                return true;
            }

            (parts, count) = (new byte[ReadNumber(line, MaxParts)][], 0);
        }

        for (; count < parts.Length; count++)
        {
            var start = reader.Consumed;
            if (!TryReadLine(ref reader, out var head))
                return Keep(ref input, start, parts, count);
            if (head is not [(byte)'$', ..])
                throw new FrameException(FrameError.Malformed, "A part of a command starts with '$'.");
            var length = ReadNumber(head, MaxBytes);
            if (reader.Remaining < length + 2)
                return Keep(ref input, start, parts, count);
            if (count == 0 && reader.UnreadSpan.Length > length && FindName(reader.UnreadSpan[..length]) is { } name)
                parts[0] = name;
            else
                reader.TryCopyTo(parts[count] = new byte[length]);
            reader.Advance(length + 2);
        }

        (command, input) = (parts, reader.UnreadSequence);
        (_parts, _taken) = (null, 0);
        return true;
    }

    private bool Keep(ref ReadOnlySequence<byte> input, long taken, byte[][] parts, int count)
    {
        (_parts, _count, _taken) = (parts, count, _taken + taken);
        input = input.Slice(taken);
        return _taken + input.Length <= MaxBytes ? false
            : throw new FrameException(FrameError.TooLong, $"A command is longer than {MaxBytes} bytes.");
    }

    private static byte[]? FindName(ReadOnlySpan<byte> bytes) // One array for all commands with the name.
    {
        foreach (var name in Names)
        {
            if (bytes.SequenceEqual(name))
                return name;
        }

        return null;
    }

    private static bool TryReadLine(ref SequenceReader<byte> reader, out ReadOnlySpan<byte> line)
    {
        if (reader.TryReadTo(out line, (byte)'\n'))
        {
            if (line is [.., (byte)'\r'])
                line = line[..^1];
            return true;
        }

        if (reader.Remaining <= MaxLine)
            return false;
        throw new FrameException(FrameError.TooLong, $"A line is longer than {MaxLine} bytes.");
    }

    private static int ReadNumber(ReadOnlySpan<byte> line, int max) =>
        Utf8Parser.TryParse(line[1..], out int number, out var used) && used == line.Length - 1 && number >= 0 && number <= max
            ? number
            : throw new FrameException(
                FrameError.Malformed, $"'{Encoding.ASCII.GetString(line)}' does not announce a number from 0 to {max}.");
}
