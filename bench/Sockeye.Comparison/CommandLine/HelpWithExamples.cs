using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sockeye.Comparison.CommandLine;

/// <summary>Help as System.CommandLine writes it, and below it what can be copied.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples, after  dotnet run -c Release --project bench/Sockeye.Comparison --
          (nothing)                                           everything, about 35 minutes
          --quick --report out                                an overview, about 12 minutes, and a page with plots
          --scenario ping-64,bulk --server kestrel,c-epoll    two scenarios, two servers
          --baseline ../old/Sockeye.Comparison                what two builds of Sockeye need, side by side in one run
          --targets                                           what Sockeye is to reach, and whether it does
          --list                                              the names of all scenarios and servers

        Servers run on one processor, the load on another. The main figure is the processor time of the server's process per
        message: other programs on the machine hardly change it. What is missing here (a compiler, a package) is named and
        left out. docs/benchmarks.md explains each figure.

        Exit codes: 0 done, 1 failed, stopped, or a target missed, 2 wrong use.
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = new HelpAction().Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return result;
    }
}
