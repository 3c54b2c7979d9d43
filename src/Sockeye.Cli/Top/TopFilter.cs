using System.Globalization;
using System.Net;

namespace Sockeye.Cli;

/// <summary>A condition on connections, as a user types it: words, comparisons, <c>and</c>, <c>or</c>, <c>not</c>, and
/// parentheses.</summary>
internal sealed class TopFilter
{
    /// <summary>The condition that every connection meets.</summary>
    public static readonly TopFilter All = new("", _ => true);

    private readonly Func<TopRow, bool> _matches;

    private TopFilter(string text, Func<TopRow, bool> matches) => (Text, _matches) = (text, matches);

    public string Text { get; }

    public bool IsAll => Text.Length == 0;

    /// <summary>Gets the text, if it is only one word that may occur anywhere; a server can search for it.</summary>
    public string? Word { get; private init; }

    /// <summary>Gets whether the condition is about the process, which must then be known for all connections.</summary>
    public bool NeedsOwner { get; private init; }

    public bool Matches(TopRow row) => _matches(row);

    /// <summary>Returns the filter. Returns null and an error, a sentence without a full stop, for other text.</summary>
    public static TopFilter? Parse(string text, out string? error)
    {
        error = null;
        if (string.IsNullOrWhiteSpace(text))
            return All;
        var parser = new Parser(text);
        try
        {
            var matches = parser.ReadAll();
            return new(text.Trim(), matches) { Word = parser.OnlyWord, NeedsOwner = parser.NeedsOwner };
        }
        catch (FormatException e)
        {
            error = e.Message;
            return null;
        }
    }

    private sealed class Parser(string text)
    {
        private readonly List<string> _tokens = FilterTokens.Split(text);
        private int _next;

        public string? OnlyWord { get; private set; }

        public bool NeedsOwner { get; private set; }

        private string? Peek => _next < _tokens.Count ? _tokens[_next] : null;

        public Func<TopRow, bool> ReadAll()
        {
            var all = ReadOr();
            return Peek is { } rest ? throw new FormatException($"\"{rest}\" has no \"(\" before it") : all;
        }

        private Func<TopRow, bool> ReadOr()
        {
            var left = ReadAnd();
            while (TryRead("or") || TryRead("|") || TryRead("||"))
            {
                var (first, second) = (left, ReadAnd());
                left = row => first(row) || second(row);
            }

            return left;
        }

        /// <summary>Conditions side by side must all be met, with or without "and".</summary>
        private Func<TopRow, bool> ReadAnd()
        {
            var left = ReadNot();
            while (true)
            {
                if (!TryRead("and") && !TryRead("&") && !TryRead("&&") && Peek is null or ")" or "or" or "|" or "||")
                    return left;
                var (first, second) = (left, ReadNot());
                left = row => first(row) && second(row);
            }
        }

        private Func<TopRow, bool> ReadNot()
        {
            if (TryRead("not") || TryRead("!"))
            {
                var negated = ReadNot();
                return row => !negated(row);
            }

            if (!TryRead("("))
                return ReadCondition();
            var inner = ReadOr();
            return TryRead(")") ? inner : throw new FormatException("\"(\" has no \")\" after it");
        }

        private Func<TopRow, bool> ReadCondition()
        {
            if (Peek is not { } word || word is ")" or "and" or "or")
                throw new FormatException("a condition is missing: write one as state=estab, port=443 or rtt>5ms");
            _next++;
            if (FilterTokens.IsOperator(word))
                throw new FormatException($"\"{word}\" needs a name before it, as in rtt{word}5ms");
            if (Peek is { } sign && FilterTokens.IsOperator(sign) && sign is not "!")
            {
                _next++;
                var value = Peek ?? throw new FormatException($"\"{word}{sign}\" needs a value");
                _next++;
                NeedsOwner |= word.ToLowerInvariant() is "pid" or "process" or "proc";
                return FilterConditions.Create(word.ToLowerInvariant(), sign, value);
            }

            // A name and its value without an operator: port 443.
            if (Peek is { } next && FilterConditions.TakesValue(word) && next is not (")" or "and" or "or"))
            {
                _next++;
                NeedsOwner |= word.ToLowerInvariant() is "pid" or "process" or "proc";
                return FilterConditions.Create(word.ToLowerInvariant(), "=", next);
            }

            NeedsOwner = true;
            OnlyWord = _tokens.Count == 1 ? word : null;
            return CreateWord(word);
        }

        /// <summary>A number is a port; an address or a network is at either end; other text may be anywhere.</summary>
        private static Func<TopRow, bool> CreateWord(string word)
        {
            var digits = word.TrimStart(':');
            if (ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                return FilterConditions.Create("port", "=", digits);
            var slash = word.IndexOf('/', StringComparison.Ordinal);
            if (IPAddress.TryParse(slash < 0 ? word : word[..slash], out _))
                return FilterConditions.Create("addr", "=", word);
            return row => Has(row.State, word) || Has(TopColumn.ProcessOf(row), word) || Has(row.Local, word)
                || Has(row.Remote, word) || Has(row.Note ?? "", word) || row.Id == word;
        }

        private static bool Has(string whole, string part) => whole.Contains(part, StringComparison.OrdinalIgnoreCase);

        private bool TryRead(string token)
        {
            if (!string.Equals(Peek, token, StringComparison.OrdinalIgnoreCase))
                return false;
            _next++;
            return true;
        }
    }
}
