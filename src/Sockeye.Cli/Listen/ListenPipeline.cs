using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>The steps that each connection of <c>sockeye listen</c> passes, from the first to the handler.</summary>
internal sealed class ListenPipeline(ParseResult parsed)
{
    private readonly List<(string Name, Action<ListenOptions> Add)> _steps = [];

    public void Add(string name, Action<ListenOptions> add) => _steps.Add((name, add));

    /// <summary>Adds the step of an option, which appears as it was typed.</summary>
    public void Add(Option option, Action<ListenOptions> add)
    {
        var values = parsed.GetResult(option)?.Tokens.Select(token => token.Value) ?? [];
        Add(string.Join(' ', values.Prepend(option.Name)), add);
    }

    /// <summary>Adds the step of an option that has a value.</summary>
    public void Add<T>(Option<T?> option, Action<ListenOptions, T> add)
        where T : struct
    {
        if (parsed.GetValue(option) is { } value)
            Add(option, listen => add(listen, value));
    }

    public void AddTo(ListenOptions listen)
    {
        foreach (var (_, add) in _steps)
            add(listen);
    }

    /// <summary>"summary -> --once -> --tls self-signed -> --echo".</summary>
    public override string ToString() => string.Join(" -> ", _steps.Select(step => step.Name));
}
