#:project ../src/Sockeye/Sockeye.csproj
// A Redis client (RESP3): dotnet run samples/redis-client.cs -- 127.0.0.1:6379 [--restart]. The exit code is 0 if all went well.
// With --restart, it waits until the server was killed and started again. REDIS_PASSWORD has the password, if one is needed.
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Sockeye;

var password = Environment.GetEnvironmentVariable("REDIS_PASSWORD");
var news = Channel.CreateBounded<Reply>(1000);
var connects = 0;
var client = new SockeyeClient(options => options.Reconnect.MaxDelay = TimeSpan.FromSeconds(1));

await using var redis = client.KeepRequests<Command, Reply>(
    [IPEndPoint.Parse(args.FirstOrDefault() ?? "127.0.0.1:6379")], new ReplyDecoder(), new CommandEncoder(),
    rules =>
    {
        rules.IsPush = reply => reply.Kind == '>';
        rules.OnPush = push => news.Writer.WriteAsync(push);
        rules.IsSafeToRepeat = command => command.Parts[0] is "GET" or "SET" or "PING" or "HGETALL";
        rules.OnConnected = async (connection, token) => // On every new connection: HELLO, AUTH and SUBSCRIBE again.
        {
            var hello = password is null ? new Command("HELLO", "3") : new("HELLO", "3", "AUTH", "default", password);
            if (await connection.SendAsync(hello, token) is { Kind: '-' } refused)
                throw new InvalidDataException(refused.Text);
            await connection.Messages.WriteAsync(new("SUBSCRIBE", "news"), token); // Its confirmation is a push.
            connects++;
        };
    });

await Expect("PONG", "PING");
await Expect("OK", "SET", "sockeye:name", "Sockeye");
await Expect("Sockeye", "GET", "sockeye:name");
await Expect("(null)", "GET", "sockeye:missing");
await Expect("OK", "SET", "sockeye:big", new string('x', 100_000));
await Expect(new string('x', 100_000), "GET", "sockeye:big");
await Expect("OK", "SET", "sockeye:count", "0");
var counts = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Send("INCR", "sockeye:count"))); // One pipeline.
Check(counts.Select(count => count.ToString()).SequenceEqual(Enumerable.Range(1, 1000).Select(n => $"{n}")), "INCR in order");
await Send("DEL", "sockeye:list", "sockeye:hash");
await Expect("3", "RPUSH", "sockeye:list", "a", "b", "c");
await Expect("[a, b, c]", "LRANGE", "sockeye:list", "0", "-1");
await Expect("2", "HSET", "sockeye:hash", "one", "1", "two", "2");
await Expect("[one, 1, two, 2]", "HGETALL", "sockeye:hash");
Check((await Send("INCR", "sockeye:list")).Kind == '-', "an error of the server is a reply");
await ExpectNews("first");

try { await Send("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "no"); } // It ends the own connection.
catch (RequestException lost) when (lost.MayHaveBeenDone) { Console.WriteLine($"ok    {lost.Error}"); }
await Expect("Sockeye", "GET", "sockeye:name");
Check(connects == 2, "connected again after CLIENT KILL");
await ExpectNews("second");

if (args.Contains("--restart"))
{
    Console.WriteLine("kill the server, and start it again");
    while (connects < 3)
        await Task.Delay(100);
    await Expect("OK", "SET", "sockeye:name", "again");
    await Expect("again", "GET", "sockeye:name");
    await ExpectNews("third");
}

Console.WriteLine($"{(Environment.ExitCode == 0 ? "all went well" : "not all went well")}, with {connects} connections");

async Task<Reply> Send(params string[] parts) => await redis.SendAsync(new(parts));

async Task Expect(string expected, params string[] parts) =>
    Check((await Send(parts)).ToString() == expected, $"{parts[0]}: {expected[..Math.Min(expected.Length, 60)]}");

async Task ExpectNews(string text)
{
    await Send("PUBLISH", "news", text);
    while ((await news.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10))).ToString() != $"[message, news, {text}]")
        continue; // The confirmation of SUBSCRIBE.
    Check(true, $"news: {text}");
}

void Check(bool holds, string what)
{
    Console.WriteLine($"{(holds ? "ok   " : "FAILED")} {what}");
    Environment.ExitCode |= holds ? 0 : 1;
}

sealed record Command(params string[] Parts);
sealed record Reply(char Kind, string? Text = null, List<Reply>? Items = null)
{
    public override string ToString() => Items is null ? Text ?? "(null)" : $"[{string.Join(", ", Items)}]";
}

// A command: *count CR LF, then for each part: $length CR LF bytes CR LF
sealed class CommandEncoder : IFrameEncoder<Command>
{
    public void Encode(Command command, IBufferWriter<byte> output)
    {
        Encoding.UTF8.GetBytes($"*{command.Parts.Length}\r\n", output);
        foreach (var part in command.Parts)
            Encoding.UTF8.GetBytes($"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n", output);
    }
}

// A reply: its kind, a line, and for some kinds the bytes or the items that the number in the line announces
sealed class ReplyDecoder : IFrameDecoder<Reply>
{
    private const int MaxBytes = 16 << 20, MaxDepth = 8;
    private readonly Stack<(Reply Reply, int Missing)> _open = []; // Items may come in many reads, and none is read twice.
    private long _taken;

    public IFrameDecoder<Reply> ForConnection() => new ReplyDecoder();

    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out Reply reply)
    {
        var before = _taken = _open.Count == 0 ? 0 : _taken;
        var reader = new SequenceReader<byte>(input);
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
        {
            var (kind, text, missing) = ((char)line.FirstSpan[0], Encoding.UTF8.GetString(line.Slice(1)), 0);
            var (hasBytes, hasItems) = (kind is '$' or '=' or '!', (kind is '*' or '~' or '>' or '%') && _open.Count < MaxDepth);
            if (kind is '+' or '-' or ':' or '_' or ',' or '#' or '(')
                reply = new(kind, kind == '_' ? null : text);
            else if (!(hasBytes || hasItems) || !int.TryParse(text, out var count) || count is < -1 or > MaxBytes)
                throw new FrameException(FrameError.Malformed, $"'{kind}{text}' begins no reply, or is not within the limits.");
            else if (count == -1)
                reply = new(kind);
            else if (hasItems)
                (reply, missing) = (new(kind, Items: []), kind == '%' ? 2 * count : count); // Pairs.
            else if (reader.TryReadExact(count + 2, out var bytes))
                reply = new(kind, Encoding.UTF8.GetString(bytes.Slice(0, count)));
            else
                break;
            (input, _taken) = (reader.UnreadSequence, before + reader.Consumed);
            while (missing == 0 && _open.TryPop(out var open))
            {
                open.Reply.Items!.Add(reply);
                (reply, missing) = (open.Reply, open.Missing - 1);
            }

            if (missing == 0)
                return true;
            _open.Push((reply, missing));
        }

        reply = null;
        return _taken + input.Length <= MaxBytes ? false
            : throw new FrameException(FrameError.TooLong, $"More than {MaxBytes} bytes.");
    }
}
