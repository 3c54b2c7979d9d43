using Sockeye.Fleet.CommandLine;

return await Commands.RunAsync(args);
