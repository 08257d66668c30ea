namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// Feature vectors: the last hidden layer of an AlexNet. Photographs that look alike have vectors that lie close (Krizhevsky 2012 §6.1).
/// </summary>
public static class FeatureVector
{
    /// <summary>Divides a vector by its length, √Σx², so that products of vectors are cosines. A vector of zeros stays as it is.</summary>
    public static void Normalise(Span<float> vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        var length = Math.Sqrt(sum);
        for (var i = 0; i < vector.Length && length > 0; i++)
        {
            vector[i] = (float)(vector[i] / length);
        }
    }
}
