using System.Globalization;
using Sockeye.Timers;

// Measures the timeouts of connections, and the two usual ways to have them, in one run. How many connections: the argument.
var count = args.Length == 0 ? 1_000_000 : int.Parse(args[0], CultureInfo.InvariantCulture);
Console.WriteLine($"{count.ToString("N0", CultureInfo.InvariantCulture)} connections, {Environment.ProcessorCount} processors");
Console.WriteLine();

Console.WriteLine("| Held for each connection | allocated B | CPU ms a second | worst second |");
Console.WriteLine("| --- | ---: | ---: | ---: |");
Console.WriteLine(await HeldCost.MeasureAsync("the coarse timer, a server's defaults", new CoarseHolder(count, allOn: false)));
Console.WriteLine(await HeldCost.MeasureAsync("the coarse timer, everything on", new CoarseHolder(count, allOn: true)));
Console.WriteLine(await HeldCost.MeasureAsync("a `Timer` each, 10 minutes", new TimerHolder(count)));
Console.WriteLine(await HeldCost.MeasureAsync("a `CancelAfter` each, 10 minutes", new CancelHolder(count)));
Console.WriteLine();

Console.WriteLine("| Done once | ns, 1 thread | 2 threads | 4 threads | allocated B |");
Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
Console.WriteLine(CallCost.Run("coarse timer: `Set`, `Cancel`", CallCost.Coarse, count));
Console.WriteLine(CallCost.Run("`Timer`: `Change`, `Change` to never", CallCost.Timers, count));
Console.WriteLine(CallCost.Run("`CancellationTokenSource`: new, `CancelAfter`, `Dispose`", CallCost.CancelAfter, count));
