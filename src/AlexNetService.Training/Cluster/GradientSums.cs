using static TorchSharp.torch;

namespace AlexNetService.Training.Cluster;

/// <summary>
/// Sums the gradients of all ranks. A stretch of layers has one buffer, a bucket, for all its weights in both columns, so that few large
/// messages are sent. A bucket is sent as soon as the backward pass has left its stretch, while earlier layers are under way: the dense
/// layers, which hold nearly all weights, come first. Buckets are float32 or bfloat16; those of CUDA devices are page-locked.
/// </summary>
internal sealed class GradientSums(ColumnNetwork network, Ranks ranks, ComputePrecision precision, bool overlaps = true) : IDisposable
{
    private readonly ScalarType type = precision == ComputePrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
    private readonly Dictionary<ColumnNetwork.Stage, Bucket> buckets = [];
    private readonly List<(Bucket Bucket, Task? Sum)> underWay = [];

    /// <summary>Sends the gradients of a stretch, which are complete. Without overlap they are sent at the end of the pass.</summary>
    public void Add(IReadOnlyList<ColumnNetwork.Stage> stretch)
    {
        if (!buckets.TryGetValue(stretch[0], out var bucket))
        {
            buckets.Add(stretch[0], bucket = new Bucket(stretch, type, network.Placement.UsesCuda));
        }

        bucket.Fill();
        underWay.Add((bucket, overlaps ? ranks.Sum(bucket.Sent, bucket.Received) : null));
    }

    /// <summary>Waits for all sums, and makes them the gradients of the working weights.</summary>
    public void Complete()
    {
        foreach (var (bucket, sum) in underWay)
        {
            (sum ?? ranks.Sum(bucket.Sent, bucket.Received)).GetAwaiter().GetResult();
            bucket.Apply();
        }

        underWay.Clear();
    }

    /// <summary>Sums a few float32 numbers over all ranks: [n] on any device → [n] on the host.</summary>
    public Tensor Of(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        var own = numbers.cpu().contiguous();
        var sum = empty_like(own);
        ranks.Sum(own, sum).GetAwaiter().GetResult();
        return sum.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var bucket in buckets.Values)
        {
            bucket.Dispose();
        }
    }

    /// <summary>The gradients of a stretch, one after another in memory: those of this rank, and the sums.</summary>
    private sealed class Bucket : IDisposable
    {
        private readonly List<(Tensor Working, Tensor Own, Tensor Sum)> pieces = [];

        public Bucket(IReadOnlyList<ColumnNetwork.Stage> stretch, ScalarType type, bool isPinned)
        {
            using var scope = NewDisposeScope();
            Tensor[] weights =
                [.. stretch.SelectMany(stage => stage.Working).SelectMany(module => module.parameters())];
            var count = weights.Sum(weight => weight.numel());
            Sent = Allocated(count, type, isPinned);
            Received = Allocated(count, type, isPinned);
            var from = 0L;
            foreach (var weight in weights)
            {
                pieces.Add((weight, View(Sent, from, weight), View(Received, from, weight)));
                from += weight.numel();
            }
        }

        public Tensor Sent { get; }

        public Tensor Received { get; }

        public void Fill()
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            foreach (var (working, own, _) in pieces)
            {
                own.copy_(working.grad ?? throw new InvalidOperationException("A weight has no gradient: the loss does not depend on it."));
            }
        }

        public void Apply()
        {
            foreach (var (working, _, sum) in pieces)
            {
                working.grad = sum.to(working.dtype).to(working.device);
            }
        }

        public void Dispose()
        {
            foreach (var (_, own, sum) in pieces)
            {
                own.Dispose();
                sum.Dispose();
            }

            Sent.Dispose();
            Received.Dispose();
        }

        private static Tensor Allocated(long count, ScalarType type, bool isPinned)
        {
            var bucket = empty([count], type);
            return (isPinned ? bucket.pin_memory() : bucket).DetachFromDisposeScope();
        }

        /// <summary>A part of a bucket in the shape of a weight; kernels are in channels-last memory, as the weights are.</summary>
        private static Tensor View(Tensor bucket, long from, Tensor weight)
        {
            var values = bucket.narrow(0, from, weight.numel());
            var shape = weight.shape;
            var view = shape.Length == 4
                ? values.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2)
                : values.view(shape);
            return view.DetachFromDisposeScope();
        }
    }
}
