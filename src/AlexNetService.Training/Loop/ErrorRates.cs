using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>Top-1 and top-5 error over labelled photographs (Krizhevsky 2012 §2).</summary>
public sealed class ErrorRates
{
    private const int Five = 5;

    /// <summary>
    /// Starts with no photographs, or with earlier counts: photographs, and those among them whose label was the first prediction and among
    /// the first five.
    /// </summary>
    public ErrorRates(int images = 0, int top1Right = 0, int top5Right = 0) =>
        (Images, Top1Right, Top5Right) = (images, top1Right, top5Right);

    /// <summary>Number of photographs.</summary>
    public int Images { get; private set; }

    /// <summary>Photographs whose label is the first prediction.</summary>
    public int Top1Right { get; private set; }

    /// <summary>Photographs whose label is among the first five predictions.</summary>
    public int Top5Right { get; private set; }

    /// <summary>Share of photographs whose label is not the first prediction, 0 to 1; 1 if there are none.</summary>
    public double Top1 => Images == 0 ? 1 : (double)(Images - Top1Right) / Images;

    /// <summary>Share of photographs whose label is not among the first five predictions, 0 to 1; 1 if there are none.</summary>
    public double Top5 => Images == 0 ? 1 : (double)(Images - Top5Right) / Images;

    /// <summary>Whether a top-5 error tells anything: with five classes or fewer it is always 0.</summary>
    public static bool HasTop5(int classes) => classes > Five;

    /// <summary>
    /// Errors, 0 to 1, in words: <c>top-1 error 12.00 %, top-5 error 0.72 %</c>; the latter only where it tells anything.
    /// </summary>
    public static string Text(double top1, double top5, int classes) =>
        $"top-1 error {top1:P2}" + (HasTop5(classes) ? $", top-5 error {top5:P2}" : "");

    /// <summary>
    /// Counts a batch by the rule of <see cref="Add(ReadOnlySpan{float}, int)"/>, on the device of the logits and without reading them.
    /// Logits [N,classes] and labels [N] → [2] float32: crops whose label is the first prediction, and those whose label is among the first
    /// five.
    /// </summary>
    internal static Tensor CountRight(Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var scores = logits.detach();
        var behind = scores.lt(scores.gather(1, labels.unsqueeze(1))).sum(1);

        // Fewer than k of the other classes are ahead. Variables keep the Scalars alive.
        using var allOthers = (scores.shape[1] - 1).ToScalar();
        using var allButFour = (scores.shape[1] - 5).ToScalar();
        return stack([behind.ge(allOthers).sum(), behind.ge(allButFour).sum()]).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the counts of a batch, the result of <see cref="CountRight"/>.</summary>
    internal void Add(int images, ReadOnlySpan<float> right)
    {
        Images += images;
        Top1Right += (int)right[0];
        Top5Right += (int)right[1];
    }

    /// <summary>
    /// Counts one photograph by the logits or probabilities of its classes. Classes with exactly the label's score rank ahead of the label;
    /// otherwise a network that gives every class the same score would always be correct.
    /// </summary>
    public void Add(ReadOnlySpan<float> scores, int label)
    {
        var ahead = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            // Every comparison with NaN is false, so the negated comparison ranks NaN ahead of the label.
            ahead += i != label && !(scores[i] < scores[label]) ? 1 : 0;
        }

        Images++;
        Top1Right += ahead < 1 ? 1 : 0;
        Top5Right += ahead < Five ? 1 : 0;
    }
}
