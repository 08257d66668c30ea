using System.Buffers;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// The answer to a request, <see cref="Answered"/> or <see cref="Explained"/>, or why there is none. Disposal gives its memory back.
/// </summary>
public abstract record InferenceResult : IDisposable
{
    private InferenceResult()
    {
    }

    /// <summary>Gives the memory of the answer back; it must not be read afterwards. An answer that is not disposed is collected.</summary>
    public void Dispose()
    {
        GiveBack();
        GC.SuppressFinalize(this);
    }

    private protected virtual void GiveBack()
    {
    }

    /// <summary>The values that a <see cref="PhotographRequest"/> or a <see cref="CropRequest"/> asked for.</summary>
    public sealed record Answered : InferenceResult
    {
        private readonly int rowsOfClasses;
        private readonly int viewsOfClasses;
        private readonly CropOutputs ofMembers;
        private readonly Memory<float> mean;
        private readonly Memory<float> ofViews;
        private readonly Memory<float> meanOfViews;
        private float[] rented;

        /// <summary>
        /// An answer whose values are still to be written; only probabilities may come from more than one model. With views, the
        /// probabilities of each are kept too.
        /// </summary>
        internal Answered(Ensemble ensemble, int rows, OutputKinds outputs, int views = 0)
        {
            rowsOfClasses = rows * ensemble.Labels.Count;
            var probabilities = outputs.HasFlag(OutputKinds.Probabilities) ? ensemble.Members.Count * rowsOfClasses : 0;
            viewsOfClasses = outputs.HasFlag(OutputKinds.Probabilities) ? views * ensemble.Labels.Count : 0;
            var means = ensemble.Members.Count > 1 ? 1 : 0;
            var logits = outputs.HasFlag(OutputKinds.Logits) ? rowsOfClasses : 0;
            var features = outputs.HasFlag(OutputKinds.Features) ? rows * ensemble.Members[0].Session.Features : 0;
            var each = ensemble.Members.Count * viewsOfClasses;
            rented = ArrayPool<float>.Shared.Rent(
                probabilities + (means * rowsOfClasses) + logits + features + each + (means * viewsOfClasses));
            var taken = 0;
            ofMembers = new CropOutputs
            {
                Probabilities = Take(probabilities),
                Logits = Take(logits),
                Features = Take(features),
            };
            ofViews = Take(each);
            mean = means > 0 ? Take(rowsOfClasses) : ofMembers.Probabilities;
            meanOfViews = means > 0 ? Take(viewsOfClasses) : ofViews;

            Memory<float> Take(int count) => rented.AsMemory((taken += count) - count, count);
        }

        /// <summary>[rows,classes], each row summing to 1: the ensemble's weighted mean. A photograph has one row.</summary>
        public ReadOnlyMemory<float> Probabilities => mean;

        /// <summary>
        /// [views,classes], the ensemble's weighted mean for each crop, in the order of <see cref="CropViews"/>; their mean is the answer.
        /// Empty without <see cref="PhotographRequest.WithViews"/>.
        /// </summary>
        public ReadOnlyMemory<float> ViewProbabilities => meanOfViews;

        /// <summary>
        /// [3,side,side], 0..255, red plane first: the photograph as the first model sees it. Empty without
        /// <see cref="PhotographRequest.WithViews"/>.
        /// </summary>
        public ReadOnlyMemory<byte> Canvas { get; internal set; }

        /// <summary>[rows,classes] of a model; a photograph has one row, the mean over its views.</summary>
        public ReadOnlyMemory<float> Logits => ofMembers.Logits;

        /// <summary>[rows,features] of a model; a photograph has one row, the mean over its views.</summary>
        public ReadOnlyMemory<float> Features => ofMembers.Features;

        /// <summary>Where the time went.</summary>
        public InferenceTiming Timing { get; private set; }

        /// <summary>The values of a single kind; empty where it was not asked for.</summary>
        public ReadOnlyMemory<float> this[OutputKinds kind] => kind == OutputKinds.Probabilities ? Probabilities : ofMembers[kind];

        /// <summary>[rows,classes] of one member, by its place in the ensemble.</summary>
        public ReadOnlyMemory<float> MemberProbabilities(int member) => Of(member).Probabilities;

        /// <summary>Where a member's values are written.</summary>
        internal CropOutputs Of(int member) => ofMembers.Probabilities.IsEmpty
            ? ofMembers
            : ofMembers with { Probabilities = ofMembers.Probabilities.Slice(member * rowsOfClasses, rowsOfClasses) };

        /// <summary>Where the probabilities of a member's views are written; empty if they are not wanted.</summary>
        internal Memory<float> ViewsOf(int member) => ofViews.Slice(member * viewsOfClasses, viewsOfClasses);

        /// <summary>Makes the ensemble's probabilities of its members', once all values are written.</summary>
        internal void Complete(Ensemble ensemble, InferenceTiming timing)
        {
            Timing = timing;
            if (ensemble.Members.Count > 1)
            {
                ensemble.Mean(ofMembers.Probabilities.Span, mean.Span);
                ensemble.Mean(ofViews.Span, meanOfViews.Span);
            }
        }

        private protected override void GiveBack()
        {
            if (Interlocked.Exchange(ref rented, []) is { Length: > 0 } memory)
            {
                ArrayPool<float>.Shared.Return(memory);
            }
        }
    }

    /// <summary>The answer to an <see cref="OcclusionRequest"/>.</summary>
    public sealed record Explained(OcclusionMap Map, InferenceTiming Timing) : InferenceResult;

    /// <summary>The bytes are not a photograph that can be decoded.</summary>
    public sealed record Undecodable(DecodeFault Fault) : InferenceResult;

    /// <summary>The request was not accepted.</summary>
    /// <param name="Wait">How long it would have waited, as far as that is known; zero if the engine is stopping.</param>
    public sealed record Refused(Refusal Reason, TimeSpan Wait = default) : InferenceResult
    {
        /// <summary>Whole seconds after which it is worth trying again, at least one.</summary>
        public int RetrySeconds => Math.Max(1, (int)Math.Ceiling(Wait.TotalSeconds));
    }

    /// <summary>A model answered with a value that is not a finite number. The model is at fault, not the request.</summary>
    public sealed record NotFinite(string Model) : InferenceResult;

    /// <summary>The request timed out while queued; no run was spent on it.</summary>
    /// <param name="Waited">From its start until it left the queue.</param>
    public sealed record Expired(TimeSpan Waited) : InferenceResult;
}

/// <summary>Why a request is not accepted.</summary>
public enum Refusal
{
    /// <summary>Too much waits already; try again in a moment.</summary>
    QueueFull,

    /// <summary>The engine is stopping; try another instance.</summary>
    Draining,
}

/// <summary>Where the time of a request went.</summary>
/// <param name="Decode">From its start until the photograph was decoded, waiting for a decoding thread included; 0 without one.</param>
/// <param name="Queue">From then until the first run began.</param>
/// <param name="Infer">From then until the last run ended.</param>
public readonly record struct InferenceTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Infer);
