using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;

namespace AlexNetService.Benchmarks.Training;

/// <summary><c>training</c>: images per second of our training step and of PyTorch's.</summary>
internal static class TrainingCommand
{
    public static Command Create()
    {
        var threads = CommandOptions.Of("--threads", "Threads of both sides; 0 for one per core.", 0);
        var rounds = CommandOptions.Rounds(5);
        var seconds = CommandOptions.Of<double>("--seconds", "Approximate seconds per case and round.", 4);
        var python = CommandOptions.Of("--pytorch", "A Python with torch, or 'none' to leave PyTorch out.", "python3");
        var preset = new Option<string?>("--preset") { Description = "Measure only this preset." };
        const string What = "Images per second of a training step (forward, backward, update; random crops in memory), also with PyTorch.";
        var command = new Command("training", What)
        {
            threads, rounds, seconds, python, preset,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(threads) is > 0 and var some ? some : Environment.ProcessorCount,
            parsed.GetValue(rounds),
            parsed.GetValue(seconds),
            parsed.GetRequiredValue(python),
            parsed.GetValue(preset)));
        return command;
    }

    private static int Run(int threads, int rounds, double seconds, string python, string? preset)
    {
        TorchRuntime.Prepare(threads);
        Console.WriteLine($"{threads} threads; medians of {rounds} rounds of about {seconds} s per case, every case once per round.");
        Console.WriteLine("Both sides: float32 weights, forward, backward, SGD with momentum and decay, random crops already in memory.");
        Console.WriteLine("PyTorch: as in its documentation (NCHW, its own LRN), with grouped convolutions or one module per column.");
        Console.WriteLine("OMP_WAIT_POLICY=PASSIVE on both sides.");
        foreach (var (name, batch) in ((string, int)[])[(AlexNetLayers.Cifar, 128), (AlexNetLayers.AlexNet, 32)])
        {
            if (preset is null || preset == name)
            {
                var architecture = AlexNetLayers.Find(name, AlexNetLayers.UsualClasses(name)) ?? throw new ArchitectureException(name);
                Compare(architecture, batch, threads, rounds, seconds, python);
            }
        }

        return 0;
    }

    private static void Compare(NetworkArchitecture architecture, int batch, int threads, int rounds, double seconds, string python)
    {
        var cases = new List<Contender>
        {
            new OurStep(architecture, batch, ComputePrecision.Fp32, ColumnPlacement.OnCpu(architecture.Columns)),
            new OurStep(architecture, batch, ComputePrecision.Bf16, ColumnPlacement.OnCpu(architecture.Columns)),
        };
        var references = PyTorchStep.Find(python, architecture, batch, threads);
        cases.AddRange(references);
        try
        {
            Console.WriteLine();
            Console.WriteLine($"{architecture.Preset}, batch {batch}");
            cases.ForEach(each => each.Prepare(seconds));
            for (var round = 0; round < rounds; round++)
            {
                cases.ForEach(each => each.Measure());
            }

            var best = references.MaxBy(reference => reference.ImagesPerSecond);
            foreach (var each in cases)
            {
                var ratio = best is null ? "" : $"  {each.ImagesPerSecond / best.ImagesPerSecond,6:0.00} ×";
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {each.Name,-36} {each.ImagesPerSecond,8:0.0} img/s  {each.CpuPerImage * 1000,7:0.00} ms of CPU per image{ratio}"));
            }
        }
        finally
        {
            cases.ForEach(each => each.Dispose());
        }
    }
}
