using System.Diagnostics;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary>The training step of <c>alexnet train</c>, on random crops.</summary>
internal sealed class OurStep : Contender
{
    private readonly ColumnNetwork network;
    private readonly TrainingStep step;
    private readonly Tensor crops;
    private readonly Tensor labels;
    private int made;

    public OurStep(NetworkArchitecture architecture, int batch, ComputePrecision precision)
        : base($"AlexNetService {precision}", batch)
    {
        network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns), precision);
        ColumnWeights.Initialise(network, seed: 1);
        network.train();
        step = new TrainingStep(network, new TrainingRecipe());
        var side = architecture.Geometry.Crop;
        using var scope = NewDisposeScope();
        crops = empty(batch, side, side, 3).uniform_(-120, 135).permute(0, 3, 1, 2).DetachFromDisposeScope();
        labels = randint(0, architecture.Classes, batch, dtype: ScalarType.Int64).DetachFromDisposeScope();
    }

    public override void Dispose()
    {
        step.Dispose();
        network.Dispose();
        crops.Dispose();
        labels.Dispose();
    }

    protected override (double Seconds, double Cpu) Run(int steps)
    {
        var (from, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < steps; i++)
        {
            // A rate near zero keeps the weights in their initial range, where arithmetic has the usual speed.
            using var scope = NewDisposeScope();
            using var facts = new LateReading(step.Run([crops, crops], labels, rate: 1e-9, seed: made++));
            _ = facts.Read();
        }

        return (Stopwatch.GetElapsedTime(from).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}
