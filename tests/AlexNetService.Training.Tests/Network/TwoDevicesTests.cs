using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

/// <summary>
/// Devices without a GPU. The meta device computes shapes only. Reading a value from it throws, and so do elementwise operations on two
/// devices and gradients of another device, as on CUDA; products of matrices and losses do not. It has no convolution and no rectifier, so
/// the network here is dense. The order in which work is queued decides which devices work at the same time.
/// </summary>
[Collection("torch")]
public sealed class TwoDevicesTests
{
    private static readonly Device Meta = device("meta");

    /// <summary>Exchanges, pooling, dropout and a classifier, for 16×16 crops.</summary>
    private static readonly NetworkArchitecture Table = new("dense", 2, new CropGeometry(20, 16),
    [
        new MaxPooling("pool0", 3, 2),
        new Dense("fc1", 8, Reads.Image, 0.1, 0),
        new HyperbolicTangent("tanh1"),
        new Dense("fc2", 8, Reads.OwnColumn, 0.1, 0),
        new HyperbolicTangent("tanh2"),
        new Dense("fc3", 8, Reads.BothColumns, 0.1, 0),
        new Dropout("drop3", 0.5),
        new Classifier("fc4", 3, 0.1, 0),
    ]);

    [Fact]
    public void MetaDevice_MixedWithAnotherOrRead_Throws()
    {
        using var scope = NewDisposeScope();
        var (here, there) = (ones(2, 2), ones(2, 2, device: Meta));

        Assert.ThrowsAny<Exception>(() => here.mul(there));
        Assert.ThrowsAny<Exception>(() => ones(2, 2, device: Meta, requires_grad: true).mul(there).backward([here]));
        Assert.ThrowsAny<Exception>(() => there.to(CPU));
        Assert.ThrowsAny<Exception>(() => there.sum().item<float>());
    }

    [Theory]
    [InlineData(ComputePrecision.Fp32)]
    [InlineData(ComputePrecision.Bf16)]
    public void PassAndUpdate_OfColumnsOnTwoDevices_MixNoDevices(ComputePrecision precision)
    {
        using var network = new ColumnNetwork(Table, new ColumnPlacement([CPU, Meta]), precision);
        network.train();
        using var sgd = new MomentumSgd(network, centred: true);
        using var threads = new ColumnThreads(network.Placement);
        using var centring = new PixelCentring(
            new ColourStatistics([10, 20, 30], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]), crop: 16, network.Placement);
        for (var step = 0; step < 2; step++)
        {
            using var scope = threads.NewScope();
            network.SeedDropout(step);
            var pass = new RecordedPass(network, threads);
            var logits = pass.Forward(centring.Of(ones(4, 16, 16, 3, ScalarType.Byte), zeros(4, 3)));
            nn.functional.cross_entropy(logits, arange(4, dtype: ScalarType.Int64) % 3).backward();
            Assert.NotNull(logits.grad);
            pass.Backward(logits.grad);
            foreach (var (_, columns) in ColumnWeights.Parameters(network, working: true))
            {
                Assert.All(columns, weight => Assert.Equal(weight.device_type, weight.grad?.device_type));
            }

            sgd.Step(0.01, momentum: 0.9, decay: 0.01);
        }
    }

    [Theory]
    [InlineData(ComputePrecision.Fp32)]
    [InlineData(ComputePrecision.Bf16)]
    public void Step_OfAnotherDeviceThanTheHost_SendsItsInputsThereAndReadsNothing(ComputePrecision precision)
    {
        using var network = new ColumnNetwork(Table, new ColumnPlacement([Meta, Meta]), precision);
        network.train();
        using var step = new TrainingStep(network, new TrainingRecipe { CentredWeights = true, CutMix = 1 }, [1, 2, 3]);
        using var centring = new PixelCentring(
            new ColourStatistics([10, 20, 30], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]), crop: 16, network.Placement);
        using var scope = NewDisposeScope();

        var numbers = step.Run(
            centring.Of(ones(4, 16, 16, 3, ScalarType.Byte), zeros(4, 3)), arange(4, dtype: ScalarType.Int64) % 3, rate: 0.01, seed: 1);

        Assert.Equal((DeviceType.META, 3), (numbers.device_type, numbers.numel()));
    }

    [Fact]
    public void Exchanges_ForwardAndBackward_QueueAllCopiesBeforeAnyStretch()
    {
        var queued = Queued(Tables.Tiny());

        // A pair of equal columns is a stretch, any other pair a copy. fc5 is on the first column's device only.
        (int, int)[] apart = [(1, 0), (0, 1), (0, 0), (1, 1)];
        Assert.Equal(
            [(0, 0), (1, 1), .. apart, .. apart, (1, 0), (0, 0), /* backward */ (0, 0), (0, 1), (0, 0), (1, 1), .. apart, .. apart],
            queued);
    }

    /// <summary>
    /// A model of two CUDA devices. Each has one stream; a stretch takes its multiply-adds, twice as many backward; a copy takes no time,
    /// but starts after all work that both devices were given before, and both wait for it (libtorch, ATen/native/cuda/Copy.cu,
    /// copy_device_to_device).
    /// </summary>
    [Fact]
    public void TwoDevices_InAModelOfTheirStreams_AreTwiceAsFastAsOne()
    {
        var table = AlexNetLayers.ForImageNet();

        // The order depends on the exchanges only, so a narrower network of the same layers shows it.
        var narrow = table.Layers.Select(layer => layer switch
        {
            Convolution convolution => convolution with { Maps = 4 },
            Dense dense => dense with { Units = 4 },
            _ => layer,
        });
        var queued = Queued(table with { Layers = [.. narrow] });

        // As the columns were queued before: each column's copies right before its own stretch.
        var stretches = queued.Index().Where(work => work.Item.Source == work.Item.Target).ToArray();
        var before = queued.Index()
            .OrderBy(work => stretches.First(stretch => stretch.Index >= work.Index && stretch.Item.Target == work.Item.Target).Index)
            .Select(work => work.Item)
            .ToArray();

        Assert.Equal(1.99, Speed(table, queued), 0.005);
        Assert.Equal(1.08, Speed(table, before), 0.01);
    }

    /// <summary>The copies and stretches of one pass, in the order in which they are queued.</summary>
    private static List<(int Source, int Target)> Queued(NetworkArchitecture table)
    {
        // As on two devices, one thread queues the work of both columns.
        var all = get_num_threads();
        set_num_threads(1);
        using var network = new ColumnNetwork(table, ColumnPlacement.OnCpu(2));
        network.train();
        using var threads = new ColumnThreads(network.Placement);
        set_num_threads(all);
        Assert.False(threads.SideBySide);
        using var scope = threads.NewScope();
        var pass = new RecordedPass(network, threads);
        var side = table.Geometry.Crop;
        var crops = ones(1, 3, side, side);
        pass.Backward(pass.Forward([crops, crops]).detach());
        return pass.Queued;
    }

    /// <summary>Time of one device divided by the time of two.</summary>
    private static double Speed(NetworkArchitecture table, IReadOnlyList<(int Source, int Target)> queued)
    {
        // Multiply-adds of a column between two exchanges, forward.
        var segments = new List<(double EachColumn, int Columns)>();
        foreach (var row in table.Rows())
        {
            var columns = row.Layer is Classifier ? 1 : 2;
            if (segments.Count == 0 || row.Layer is WeightedLayer { Reads: Reads.BothColumns })
            {
                segments.Add((0, columns));
            }

            segments[^1] = (segments[^1].EachColumn + ((double)row.MultiplyAdds / columns), columns);
        }

        var forward = segments.SelectMany(segment => Enumerable.Repeat(segment.EachColumn, segment.Columns)).ToArray();
        double[] durations = [.. forward, .. forward.Reverse().Select(duration => 2 * duration)];
        var (busyUntil, stretch) = (new double[2], 0);
        foreach (var (source, target) in queued)
        {
            if (source == target)
            {
                busyUntil[source] += durations[stretch++];
            }
            else
            {
                busyUntil[source] = busyUntil[target] = busyUntil.Max();
            }
        }

        Assert.Equal(durations.Length, stretch);
        return durations.Sum() / busyUntil.Max();
    }

    /// <summary>Records the order of the work. A copy from the meta device, which has no values, is ones.</summary>
    private sealed class RecordedPass(ColumnNetwork network, ColumnThreads threads) : CutPass(network, threads)
    {
        private readonly IReadOnlyList<Device> devices = network.Placement.Devices;

        public List<(int Source, int Target)> Queued { get; } = [];

        protected override Tensor Copied(Tensor values, int source, int target)
        {
            Assert.Equal(devices[source].type, values.device_type);
            if (source != target)
            {
                Queued.Add((source, target));
            }

            return values.is_meta ? ones_like(values, device: devices[target]) : base.Copied(values, source, target);
        }

        protected override void Begin(int column) => Queued.Add((column, column));
    }
}
