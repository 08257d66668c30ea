namespace AlexNetService.Training.Measuring;

/// <summary>
/// What a model or an ensemble predicts for labelled photographs; every table of errors is counted from this. For each photograph it has
/// the index of the model's class that it shows and the probabilities, [classes].
/// </summary>
public sealed record Predictions(
    IReadOnlyList<ClassLabel> Labels, IReadOnlyList<Photograph> Photographs, int[] Truth, float[][] Probabilities)
{
    /// <summary>Number of photographs.</summary>
    public int Count => Truth.Length;

    /// <summary>
    /// The predicted class: the most probable one. If others are exactly as probable as the right class, one of those, as in
    /// <see cref="ErrorRates"/>: a model that answers the same for every class is never right.
    /// </summary>
    public int Predicted(int place)
    {
        var (scores, truth) = (Probabilities[place], Truth[place]);
        var rival = truth == 0 ? 1 : 0;
        for (var i = rival + 1; i < scores.Length; i++)
        {
            rival = i != truth && scores[i] > scores[rival] ? i : rival;
        }

        return scores[rival] < scores[truth] ? truth : rival;
    }

    /// <summary>Top-1 and top-5 error.</summary>
    public ErrorRates Errors()
    {
        var errors = new ErrorRates();
        foreach (var (probabilities, truth) in Probabilities.Zip(Truth))
        {
            errors.Add(probabilities, truth);
        }

        return errors;
    }

    /// <summary>The confusion matrix, [class shown][class predicted], in photographs.</summary>
    public int[][] Confusion()
    {
        var counts = Labels.Select(_ => new int[Labels.Count]).ToArray();
        for (var place = 0; place < Count; place++)
        {
            counts[Truth[place]][Predicted(place)]++;
        }

        return counts;
    }

    /// <summary>The predictions for some of the photographs.</summary>
    public Predictions Of(IReadOnlyList<int> places) => new(
        Labels,
        [.. places.Select(place => Photographs[place])],
        [.. places.Select(place => Truth[place])],
        [.. places.Select(place => Probabilities[place])]);

    /// <summary>
    /// Weighted mean of several models' probabilities for the same photographs, as the service answers with an ensemble. The weights are
    /// relative shares, one a member; not all 0.
    /// </summary>
    public static Predictions Mean(IReadOnlyList<Predictions> members, IReadOnlyList<double> weights)
    {
        var (first, total) = (members[0], weights.Sum());
        return first with { Probabilities = [.. Enumerable.Range(0, first.Count).Select(Mix)] };

        float[] Mix(int place)
        {
            var mean = new float[first.Labels.Count];
            for (var i = 0; i < mean.Length; i++)
            {
                var sum = 0.0;
                for (var member = 0; member < members.Count; member++)
                {
                    sum += weights[member] * members[member].Probabilities[place][i];
                }

                mean[i] = (float)(sum / total);
            }

            return mean;
        }
    }
}
