namespace SampleClient;

/// <summary>Orders from lines such as "100 MSFT".</summary>
public sealed class OrderLines
{
    private readonly TextReader _input;
    private long _id;

    public OrderLines(TextReader input)
    {
        _input = input;
        MoveNext();
    }

    /// <summary>The order that is not answered yet; null at the end of the input.</summary>
    public Order? Current { get; private set; }

    public void MoveNext()
    {
        while (_input.ReadLine() is { } line)
        {
            if (line.Split(' ', 2) is [var quantity, var symbol] && int.TryParse(quantity, out var count))
            {
                Current = new(++_id, symbol, count);
                return;
            }

            Console.Error.WriteLine($"\"{line}\" is not an order. Write a quantity and a symbol, as 100 MSFT.");
        }

        Current = null;
    }
}
