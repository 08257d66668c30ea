using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Ensembles;

/// <summary>A class and how probable it is.</summary>
/// <param name="Probability">0 to 1.</param>
public readonly record struct Prediction(ClassLabel Label, float Probability)
{
    /// <summary>
    /// The most probable of [classes] probabilities, most probable first; of equal ones, the lower index first. There are fewer than the
    /// count where there are fewer classes.
    /// </summary>
    public static Prediction[] Top(ReadOnlySpan<float> probabilities, IReadOnlyList<ClassLabel> labels, int count)
    {
        var top = new Prediction[Math.Min(count, probabilities.Length)];
        var filled = 0;
        for (var index = 0; index < probabilities.Length && top.Length > 0; index++)
        {
            var probability = probabilities[index];
            if (filled == top.Length && !(probability > top[^1].Probability))
            {
                continue;
            }

            var place = filled == top.Length ? filled - 1 : filled++;
            for (; place > 0 && probability > top[place - 1].Probability; place--)
            {
                top[place] = top[place - 1];
            }

            top[place] = new Prediction(labels[index], probability);
        }

        return top;
    }
}
