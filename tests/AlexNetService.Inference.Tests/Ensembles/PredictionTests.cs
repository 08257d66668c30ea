using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class PredictionTests
{
    [Theory]
    [InlineData(1, new[] { 3 })]
    [InlineData(3, new[] { 3, 1, 0 })]
    [InlineData(9, new[] { 3, 1, 0, 2, 4 })]
    [InlineData(0, new int[0])]
    public void Top_Probabilities_AreOrderedFromTheMostProbable(int count, int[] expected)
    {
        var top = Prediction.Top([0.15f, 0.2f, 0.1f, 0.5f, 0.05f], TestFolder.Card(classes: 5).Labels, count);

        Assert.Equal(expected, top.Select(prediction => prediction.Label.Index));
    }

    [Theory]
    [InlineData(2, new[] { 1, 3 })]
    [InlineData(3, new[] { 1, 3, 4 })]
    [InlineData(5, new[] { 1, 3, 4, 0, 2 })]
    public void Top_Ties_TheLowerIndexComesFirst(int count, int[] expected)
    {
        var top = Prediction.Top([0.1f, 0.3f, 0.1f, 0.3f, 0.2f], TestFolder.Card(classes: 5).Labels, count);

        Assert.Equal(expected, top.Select(prediction => prediction.Label.Index));
    }
}
