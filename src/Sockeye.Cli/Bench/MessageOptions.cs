using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>The options of <c>sockeye bench</c> about the bytes that are exchanged.</summary>
internal static class MessageOptions
{
    private const int DefaultSize = 64;

    private static readonly Option<string?> Send = OptionFactory.CreateText(
        "--send", "text",
        "The payload of a request, with \\n, \\r, \\t, \\0, \\x41, and with the fields {counter}, {connection} and {random:N}.");

    private static readonly Option<string?> SendJson = OptionFactory.CreateText(
        "--send-json", "json", "The same for JSON, which is checked: {\"id\":{counter}}.");

    private static readonly Option<int?> Size = OptionFactory.Create<int>(
        "--size", "size", "The payload has this many bytes: 64, 4k, 1Mi. Default: 64.", RequestRate.ParseSize);

    private static readonly Option<string?> PayloadFile = OptionFactory.CreateText(
        "--file", "file", "The payload is the content of this file, up to 64 MiB.");

    private static readonly Option<string?> CodecOption = OptionFactory.CreateText(
        "--codec", "codec", $"The frames of requests and answers: {CodecText.Forms}. Default: the payload as it is.");

    private static readonly Option<string?> Answer = OptionFactory.CreateText(
        "--answer", "end",
        $"The end of an answer: {AnswerText.Forms}. Default: echo, which is compared byte by byte.");

    private static readonly Option<string?> Match = OptionFactory.CreateText(
        "--match", "text",
        "Answers come in any order: the number after this text in an answer is the {counter} of its request.");

    public static Option<bool> Receive { get; } = OptionFactory.CreateSwitch(
        "--receive", "Send nothing, and measure what the server sends, as that of listen --generate.");

    public static IEnumerable<Option> All => [Send, SendJson, Size, PayloadFile, CodecOption, Answer, Match, Receive];

    public static void Validate(CommandResult result)
    {
        var payloads = new Option[] { Send, SendJson, Size, PayloadFile }.Where(option => result.IsGiven(option)).ToList();
        if (payloads.Count > 1)
            result.AddError($"{payloads[0].Name} and {payloads[1].Name} exclude each other: choose one payload.");
        if (result.GetGiven(CodecOption) is { } codec && CodecText.Parse(codec, out var wrongCodec) is null)
            result.AddError($"--codec: {wrongCodec}");
        AnswerText? answer = null;
        if (result.GetGiven(Answer) is { } text && (answer = AnswerText.Parse(text, out var wrongAnswer)) is null)
            result.AddError($"--answer: {wrongAnswer}");
        if (answer is { Kind: AnswerKind.Frame, Codec: null } && !result.IsGiven(CodecOption))
            result.AddError("--answer frame means a frame of --codec: add --codec, or name the codec of the answer.");
        if (result.IsGiven(Match) && answer is not { Kind: AnswerKind.Frame })
        {
            result.AddError(
                "--match needs answers that are frames: add --answer frame, lines, length, delimiter:TEXT or others.");
        }

        if (result.GetValue(Receive) && (payloads.Count > 0 || result.IsGiven(CodecOption) || result.IsGiven(Answer)))
            result.AddError("--receive sends nothing: leave out the payload, --codec and --answer.");
        if (result.GetGiven(Send) is { } send && EscapedText.Parse(send, out var wrongText) is null)
            result.AddError($"--send: {wrongText}");
        if (result.GetGiven(Match) is { } match && EscapedText.Parse(match, out var wrongMatch) is null)
            result.AddError($"--match: {wrongMatch}");
    }

    public static FrameCodec? GetCodec(ParseResult parsed) =>
        parsed.GetValue(CodecOption) is { } codec ? CodecText.Parse(codec, out _) : null;

    public static AnswerText GetAnswer(ParseResult parsed) => AnswerText.Parse(parsed.GetValue(Answer) ?? "echo", out _)!;

    public static byte[]? GetIdPrefix(ParseResult parsed) =>
        parsed.GetValue(Match) is { } match ? EscapedText.Parse(match, out _) : null;

    /// <exception cref="CommandException">The payload cannot be read, or is not one that the codec can write.</exception>
    public static RequestMessages CreateMessages(ParseResult parsed, FrameCodec? codec)
    {
        var template = new MessageTemplate(GetPayload(parsed), parsed.GetValue(BenchOptions.Seed) ?? 1);
        if (parsed.GetValue(Match) is not null && template.IsConstant)
        {
            throw new CommandException(
                ExitCodes.WrongUse, "--match finds the {counter} of a request, which --send does not contain.");
        }

        try
        {
            var messages = new RequestMessages(template, codec);
            return parsed.GetValue(SendJson) is null ? messages : CheckJson(template, messages);
        }
        catch (FrameException e)
        {
            throw new CommandException(ExitCodes.WrongUse, $"The payload does not fit --codec: {e.Message}", e);
        }
    }

    private static byte[] GetPayload(ParseResult parsed)
    {
        if (parsed.GetValue(Send) is { } text)
            return EscapedText.Parse(text, out _)!;
        if (parsed.GetValue(SendJson) is { } json)
            return Encoding.UTF8.GetBytes(json);
        if (parsed.GetValue(PayloadFile) is { } file)
            return ReadFile(file);
        // Digits and a line show in a dump of the wire where a request begins.
        var size = parsed.GetValue(Size) ?? DefaultSize;
        var payload = new byte[size];
        for (var i = 0; i < size; i++)
            payload[i] = (byte)('0' + (i % 10));
        return payload;
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length > 1 << 26)
                throw new CommandException(ExitCodes.WrongUse, $"--file {file}: the file has more than 64 MiB.");
            var payload = File.ReadAllBytes(file);
            return payload.Length > 0 ? payload : throw new CommandException(
                ExitCodes.WrongUse, $"--file {file}: the file is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failed, $"--file: {e.Message}", e);
        }
    }

    private static RequestMessages CheckJson(MessageTemplate template, RequestMessages messages)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        template.Write(output, 0, 0);
        try
        {
            using var document = JsonDocument.Parse(output.WrittenMemory);
            return messages;
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCodes.WrongUse, $"--send-json: the text is not JSON: {e.Message}", e);
        }
    }
}
