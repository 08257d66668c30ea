using AlexNetService.Worker;

using var stop = new StopSignal();
return CommandTree.Run(args, stop.Token);
