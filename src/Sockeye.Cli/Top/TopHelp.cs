namespace Sockeye.Cli;

/// <summary>Draws the help of the screen.</summary>
internal static class TopHelp
{
    private const string Text = """
        arrows, Page Up and Down, Home, End   select a row
        Enter   the page of a connection, with its last values       Esc   back
        Tab, 1, 2, 3   connections, listeners, ended connections
        /, F3, F4   filter      Esc   without the filter
        F6, > <   sort by the next or previous column       I, r   invert
        i in  o out  t round trip  x retransmits  a age  s state  P process
        Space, p, Z   pause         F5, R   snapshot now          q, F10   quit
        """;

    private const string Close = "F9, k   close the selected connection: it asks for a reason";

    private const string Filters = """

        Filters: a word, a port, an address, a network, or comparisons:
          443     10.0.0.0/8     nginx     state=close-w     process~java
          rtt>50ms and out>1M     not (port=22 or port=443)     retrans>0 age<1m
        Values are counts of the kernel or of the server:
          IN/s, OUT/s bytes a second    RETR segments sent again    RTT round trip
          > before an age: older, it was open before the first snapshot
        """;

    public static IEnumerable<TopLine> Draw(TopState state, int width) =>
        $"{Text}\n{(state.CanClose ? Close + "\n" : "")}{Filters}".ReplaceLineEndings("\n").Split('\n')
            .Select(line => new TopLine(line.Length <= width ? line : TopText.Fit(line, width)));
}
