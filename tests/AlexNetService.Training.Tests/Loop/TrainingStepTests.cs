using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Cluster;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

[Collection("torch")]
public sealed class TrainingStepTests : IDisposable
{
    private readonly int threads = get_num_threads();

    public TrainingStepTests() => set_num_threads(2);

    [Fact]
    public void Memory_AfterFiftyAndAfterFiveHundredSteps_IsTheSame()
    {
        using var run = new Run(ComputePrecision.Fp32);
        run.Steps(50);
        var (live, resident) = (Tensor.TotalCount, Resident());

        run.Steps(450);

        // Not necessarily equal: the collector may free tensors of other tests meanwhile. One leaked tensor per step would be 450 more.
        Assert.InRange(Tensor.TotalCount, 0, live);
        Assert.InRange(Resident() - resident, long.MinValue, 64L << 20);
    }

    [Fact]
    public void Loss_InHalfPrecision_FallsAsInFloat32()
    {
        using var full = new Run(ComputePrecision.Fp32);
        using var half = new Run(ComputePrecision.Bf16);

        var (first, last) = (half.Steps(1), half.Steps(60));
        full.Steps(1);

        Assert.True(last < 0.7 * first, $"{first} → {last}");
        Assert.InRange(full.Steps(60), 0.8 * last, 1.25 * last);
    }

    [Fact]
    public void Weights_InHalfPrecision_KeepFloat32Precision()
    {
        using var run = new Run(ComputePrecision.Bf16);

        run.Steps(3, rate: 1e-5);

        var parameters = ColumnWeights.Parameters(run.Network).Zip(ColumnWeights.Parameters(run.Network, working: true));
        foreach (var ((_, masters), (_, working)) in parameters)
        {
            foreach (var (master, rounded) in masters.Zip(working))
            {
                Assert.Equal(ScalarType.Float32, master.dtype);
                Assert.True(master.to(ScalarType.BFloat16).equal(rounded).all().item<bool>());
            }
        }

        var kernel = ColumnWeights.Merge(run.Network)["conv1.weight"].Values;
        Assert.Contains(kernel, value => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) != 0);
    }

    [Fact]
    public void Steps_OfTheSameSeeds_AreTheSameToTheLastBit()
    {
        using var one = new Run(ComputePrecision.Bf16);
        using var other = new Run(ComputePrecision.Bf16);

        Assert.Equal(one.Steps(5), other.Steps(5));
        Assert.Equal(ColumnWeights.Merge(one.Network)["fc4.weight"].Values, ColumnWeights.Merge(other.Network)["fc4.weight"].Values);
    }

    /// <summary>
    /// TorchSharp passes an object's native handle to libtorch, and an object that nothing else refers to may be finalized meanwhile. The
    /// losses must equal those of an undisturbed run.
    /// </summary>
    [Theory]
    [InlineData(ComputePrecision.Fp32)]
    [InlineData(ComputePrecision.Bf16)]
    public void Steps_DuringConstantGarbageCollection_AreTheSameToTheLastBit(ComputePrecision precision)
    {
        using var quiet = new Run(precision);
        using var disturbed = new Run(precision);
        using var end = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
            }
        });

        float loss;
        collector.Start();
        try
        {
            loss = disturbed.Steps(50);
        }
        finally
        {
            end.Cancel();
            collector.Join();
        }

        Assert.Equal(quiet.Steps(50), loss);
        Assert.Equal(
            ColumnWeights.Merge(quiet.Network)["conv1.weight"].Values,
            ColumnWeights.Merge(disturbed.Network)["conv1.weight"].Values);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Updates_OfThePartsOfABatch_SumToThatOfTheWhole(double cutMix, bool isWeighted)
    {
        float[]? classWeights = isWeighted ? [0.2f, 0.7f, 1.5f] : null;
        double WeightOf(int row) => classWeights?[row % 3] ?? 1;
        var all = Enumerable.Range(0, 7).Sum(WeightOf);

        var (whole, loss) = Update(cutMix, classWeights, BatchRows.All(7), all);
        var parts = Enumerable.Range(0, 3).Select(rank => BatchRows.Of(7, rank, 3)).Append(BatchRows.Of(2, 0, 3) with { Whole = 7 })
            .Select(part => Update(cutMix, classWeights, part, all))
            .ToArray();

        Assert.Equal(loss, parts.Sum(part => part.Loss), 1e-6);
        Assert.Equal(0, parts[^1].Change.Max(Math.Abs)); // of a spare row
        Assert.All(whole.Index(), entry => Assert.Equal(entry.Item, parts.Sum(part => part.Change[entry.Index]), 1e-7));
        Assert.InRange(whole.Max(Math.Abs), 1e-4f, 1);
    }

    public void Dispose() => set_num_threads(threads);

    /// <summary>The change of all weights in one step of some rows of a batch of seven, without decay, and their loss.</summary>
    private static (float[] Change, float Loss) Update(double cutMix, float[]? classWeights, BatchRows rows, double weight)
    {
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        network.train();
        using var step = new TrainingStep(network, new TrainingRecipe { WeightDecay = 0, CutMix = cutMix }, classWeights);
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var crops = (rand(7, 3, 16, 16, generator: generator) * 255) - 120;
        var places = tensor(Enumerable.Range(rows.First, rows.Count + (cutMix > 0 && !rows.AreAll ? 1 : 0)).Select(i => i % 7L).ToArray());
        var own = crops.index_select(0, places);
        var before = Values();

        var numbers = step.Run([own, own], places % 3, rate: 0.01, seed: 5, rows, weight);

        return ([.. Values().Zip(before, (now, then) => now - then)], numbers[0].item<float>());

        float[] Values() =>
            [.. Tables.Tiny().Weights().SelectMany(shape => ColumnWeights.Merge(network)[shape.Name].Values)];
    }

    private static long Resident()
    {
        GlibcHeap.Trim();
        return Environment.WorkingSet;
    }

    /// <summary>A tiny network that trains on one batch.</summary>
    private sealed class Run : IDisposable
    {
        private readonly TrainingStep step;
        private readonly Tensor crops;
        private readonly Tensor labels;
        private int made;

        public Run(ComputePrecision precision)
        {
            var table = Tables.Tiny() with { Layers = [new Scaling("scale0", 1), .. Tables.Tiny().Layers] };
            Network = new ColumnNetwork(table, ColumnPlacement.OnCpu(2), precision);
            ColumnWeights.Initialise(Network, seed: 1);
            Network.train();
            step = new TrainingStep(Network, new TrainingRecipe());
            using var scope = NewDisposeScope();
            using var generator = new Generator(2);
            crops = ((rand(24, 3, 16, 16, generator: generator) * 255) - 120).DetachFromDisposeScope();
            labels = (arange(24, dtype: ScalarType.Int64) % 3).DetachFromDisposeScope();
        }

        public ColumnNetwork Network { get; }

        /// <summary>Makes steps and returns the loss of the last one.</summary>
        public float Steps(int count, double rate = 0.002)
        {
            var loss = 0f;
            for (var i = 0; i < count; i++)
            {
                using var scope = NewDisposeScope();
                loss = step.Run([crops, crops], labels, rate, seed: made++)[0].item<float>();
            }

            return loss;
        }

        public void Dispose()
        {
            step.Dispose();
            Network.Dispose();
            crops.Dispose();
            labels.Dispose();
        }
    }
}
