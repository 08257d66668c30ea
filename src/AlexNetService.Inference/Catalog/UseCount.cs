namespace AlexNetService.Inference.Catalog;

/// <summary>
/// Counts the users of something, its owner being the first. After the last one has left nobody can enter, so that it is freed once, when
/// unused, on the thread of the last user.
/// </summary>
internal sealed class UseCount(Action freed)
{
    private int users = 1;

    /// <summary>Adds a user; false where the last one has left already.</summary>
    public bool TryEnter()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref users);
        }
        while (seen > 0 && Interlocked.CompareExchange(ref users, seen + 1, seen) != seen);
        return seen > 0;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            freed();
        }
    }
}
